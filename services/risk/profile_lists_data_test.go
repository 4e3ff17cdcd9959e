package risk_test

// registerLists are what the profiles t and j name, as the seeds have it; numbers that the seeds lack are the examples of the profiles.
var registerLists = map[string]map[string][]string{
	"t": {
		"appointments": {
			"middle 中层干部任用: section_head; meeting, talk, unit, self; inspection; procedure, fairness, discipline; " +
				"appointment; satisfaction; 12 months",
		},
		"aspects": {
			"gain_for_others 掌握权力、可能为他人谋利的岗位", "discretion 权力较大、有自由裁量的岗位", "openness 需要公开、民主决策和监察的权力",
			"indirect 无直接支配权、可借工作机会谋利的岗位",
		},
		"campaign": {
			"trinity 廉政风险预警防范监督“三位一体”机制建设: center, monitoring_point", "start 启动阶段: 3-21 to 3-31",
			"mobilised work_recorded; at least 1", "execution 执行阶段: 4-1 to 9-30", "powers powers_cleared; at least 1; all",
			"powers_public powers_published; at least 0; all", "found points_found; at least 1",
			"reviewed points_reviewed; at least 0; all", "points_public points_published; at least 0; all",
			"controls controls_set; at least 0; all", "commitments commitments_signed; at least 1; all; monitoring_point",
			"filed publications_filed; at least 1; all; summary_table; center", "assessment 考核阶段: 10-1 to 10-31",
			"quarterly reports_sent; at least 3; check_quarterly; monitoring_point",
			"half_yearly reports_sent; at least 1; check_half_yearly; monitoring_point",
			"inspection_a reports_sent; at least 1; inspection_a", "revision 修正阶段: 11-1 to 11-30",
			"controls controls_set; at least 0; all", "controls_done controls_done; at least 0; all",
			"inspection reports_sent; at least 1; inspection_bc", "inspection_a reports_sent; at least 2; inspection_a",
		},
		"categories": {"decision 决策风险", "personal 个人风险", "appointment 用人风险", "dereliction 失职风险"},
		"checks": {
			"financial_discipline 执行财经纪律检查", "state_assets 国有资产保值增值检查", "financial_management 财务管理检查",
			"off_book_funds “小金库”治理检查", "finance_tip 财务信访举报核查: tips", "procurement 物资采购监督检查",
		},
		"comments at": {"website 网站", "notice_board 公开栏", "media 新闻媒体"},
		"commitments": {
			"two_way 廉政风险双向承诺书: section_head; with head, deputy; from 1; 30 calendar",
			"affiliated 局属单位廉政风险双向承诺书: head; tiers middle; with head, deputy; from 1; 30 calendar",
		},
		"control forms": {
			"pledge 保廉承诺", "warning_education 警示教育", "risk_hint 风险提示", "integrity_talk 廉政谈话", "inquiry_letter 函询质询",
			"exchange 干部选用交流", "open_commitment 公开承诺", "post_responsibility 岗位责任", "first_asked 首问首办负责",
			"time_limited 限时办结", "appraisal 考核评议", "integrity_file 廉政档案", "democratic_decision 健全民主决策制度: decision",
			"openness 权力公开: execution", "division 权力分解: execution", "detailed_standards 细化裁量标准: discretion",
			"regular_procedure 规范实施程序: discretion", "open_procedure 完善公开程序: supervision",
			"timely_openness 适时动态公开: supervision", "regime 建立健全制度并抓好落实: missing_regime",
		},
		"control stages": {
			"decision 决策环节", "execution 执行环节", "discretion 自由裁量权过大", "supervision 监督不力", "missing_regime 制度缺失或不完善",
		},
		"decisions": {
			"major_issue 重大问题决策: investigation, evaluation; center; head, deputy; last head; 3 speak, 2/3 come, " +
				"more than 1/2 of members; filed with city_commission; 10 working; important_section, important_post, " +
				"important_time",
			"appointment 重要干部任免: investigation, publicity; center; head, deputy; last head; 3 speak, 2/3 come, " +
				"more than 1/2 of members; filed with city_commission; 10 working; important_section, important_post, " +
				"important_time",
			"project 重大项目安排: investigation; from 500000 expert_opinion, evaluation; from 2000000 hearing, publicity; " +
				"amount; center; head, deputy; last head; 3 speak, 2/3 come, more than 1/2 of members; " +
				"filed with city_commission; 10 working; important_section, important_post, important_time",
			"large_funds 大额资金使用: investigation; from 100000 evaluation; from 1000000 expert_opinion, publicity; " +
				"amount; center; head, deputy; last head; 3 speak, 2/3 come, more than 1/2 of members; " +
				"filed with city_commission; 10 working; important_section, important_post, important_time",
			"joint_review 行政许可“会审会”: center; head, deputy, section_head; below; last head; 3 speak, 2/3 come, " +
				"more than 1/2 of members",
			"section_review 局属单位行政许可“会审会”: monitoring_point; head, deputy, section_head, staff; last head, " +
				"section_head; 2 speak, 2/3 come, more than 1/2 of members",
		},
		"deficiencies": {
			"decision_procedure 未按规定程序决策: 10 working; filed with city_commission; 5 working",
			"decision_alone 个人擅自作主或改变集体决策: 5 working; grave; filed with city_commission; 5 working",
			"appointment 选人用人不规范: 20 working", "inspection_conduct 干部考察中的问题: 10 working",
			"financial_discipline 违反财经纪律: 20 working; evidence; filed with city_commission; 5 working",
			"state_assets 国有资产未保值增值: 30 working; evidence; filed with city_commission; 5 working",
			"financial_management 财务管理不规范: 20 working",
			"off_book_funds 私设“小金库”: 10 working; grave; evidence; filed with city_commission; 5 working",
			"procurement_evaded 规避政府采购: 10 working; grave; evidence; filed with finance, supervision; 1 working",
			"procurement_breach 违反政府采购规定: 10 working; grave; evidence; filed with finance, supervision; 1 working",
		},
		"duties": {
			"joint_decision 坚持集体民主决策: head; every 3 months from 1",
			"own_conduct 廉洁自律、接受监督: head; every 12 months from 1; evidence",
			"responsibility 落实党风廉政建设责任制: head; every 6 months from 1",
			"one_post_two_duties 履行“一岗双责”: head, deputy; every 6 months from 1",
		},
		"factors": {"frequency 发生频率: 5 × 6", "importance 权力行使的重要性: 5 × 6", "harm 危害程度: 5 × 8"},
		"grades": {
			"a A级: head; inspection_a; of ; all of exchange, open_commitment, post_responsibility, first_asked, " +
				"time_limited, appraisal, integrity_file; 9",
			"b B级: deputy; inspection_bc; of ; all of exchange, open_commitment, post_responsibility, first_asked, " +
				"time_limited, appraisal, integrity_file; 9",
			"c C级: section_head; inspection_bc; of pledge, warning_education, risk_hint, integrity_talk, " +
				"inquiry_letter; all of ; 2",
		},
		"limit for judging": {"10 working"},
		"lowest scores":     {"[75 50 0]"},
		"media":             {"media 新闻媒体", "web 网络"},
		"openness": {
			"affairs 政务公开: affairs; every 3 months from 1; 3 month; center, monitoring_point",
			"party_affairs 党务公开: party_affairs; every 3 months from 1; 3 month; center",
			"procurement 采购活动公开: procurement; on its occasion; 5 working; evidence; monitoring_point",
			"powers 权力事项目录公布: power_catalogue; every 12 months from 1; 12 month; center",
		},
		"point review": {"organisation 组织审核: leading_group_office", "meeting 集体会议审核: leading_group_office"},
		"polls":        {"satisfaction 任职群众满意度民主测评: satisfied, rather, dissatisfied, unknown; 60 of 80 of 10"},
		"power kinds": {
			"approval 行政审批", "enforcement 行政执法", "intermediary_supervision 中介机构监管", "decision 决策", "personnel 组织人事",
			"penalty 行政处罚", "reconsideration 行政复议", "procurement 政府采购", "funds 资金管理", "goods 物资管理",
		},
		"power review": {"legal 法制审核: legal_office"},
		"preparations": {
			"investigation 调查研究", "expert_opinion 专家论证: evidence", "technical_advice 技术咨询", "evaluation 决策评估",
			"hearing 听证", "publicity 公示",
		},
		"problems": {
			"not_specific 不具体", "incomplete 查找不全", "grade_too_low 定级偏低", "basis_missing 缺少依据", "formality 走过场",
		},
		"public": {
			"power_catalogue 权力事项目录: power_items; kind, title, legal_basis, positions; society; open at society; renewed",
			"flow_charts 权力运行流程图: power_items; title, steps; society; open at society; renewed",
			"grade_catalogue 权力廉政风险等级目录: risk_points; power_item, step, position, category, description, grade, " +
				"owner; society, within; open at society; 5 working; objections",
			"summary_table 廉政风险点汇总表: risk_points; position, power_item, regime, category, search_methods, " +
				"description, control_stage, grade, owner; controls; within; open at ; 5 working; objections; " +
				"filed with city_office",
			"affairs 政务公开: website, notice_board, media; open at website, notice_board, media; 7 calendar",
			"party_affairs 党务公开: website, notice_board, media; open at website, notice_board, media; 7 calendar",
			"procurement 采购活动情况: website, notice_board, media; open at website, notice_board, media; 7 calendar",
		},
		"ranks": {"head 单位主要领导", "deputy 分管领导", "section_head 股室负责人", "staff 工作人员"},
		"registrations": {
			"monitoring_point: positions, power_items, risk_points, commitments",
			"center: positions, power_items, risk_points",
		},
		"rotations": {
			"grade_a A级廉政风险岗位领导干部任职满五年轮岗: head, deputy, section_head; grades a; 60 months",
			"grades_bc B、C级廉政风险岗位主要负责人定期交流: head, deputy, section_head; grades b, c; 72 months",
		},
		"sources": {
			"tip 举报投诉", "audit 财务审计", "enforcement_check 执法检查", "style_review 行风评议", "cadre_inspection 干部考察",
			"questionnaire 问卷调查",
		},
		"tiers":          {"leading 领导岗位", "middle 中层岗位", "key 重要岗位"},
		"ways of search": {"self 自己找", "public 群众点", "mutual 互相查", "leader 领导评", "collective 集体议"},
	},
	"j": {
		"campaign": {
			"clearing 建立公共权力规范运行预警机制: center, monitoring_point", "mobilisation 学习动员、全面启动: 6-1 to 6-30",
			"mobilised work_recorded; at least 1", "clearing 清权确权、报备公开: 7-1 to 7-15",
			"powers powers_cleared; at least 1; all", "powers_public powers_published; at least 0; all",
			"filed publications_filed; at least 1; all; power_catalogue; center", "search 排查风险、强化监控: 7-16 to 7-31",
			"found points_found; at least 1", "reviewed points_reviewed; at least 0; all",
			"points_public points_published; at least 0; all", "controls controls_set; at least 0; all",
			"conclusion 总结完善、巩固提高: 8-1 to 9-30", "controls controls_set; at least 0; all",
			"controls_done controls_done; at least 0; all",
		},
		"categories":    {"unit_duty 单位职责", "process 业务流程", "regime 制度机制", "major_decisions 三重一大", "post_duty 岗位职责"},
		"causes":        {"law_gap 制度缺失", "concentration 权力集中", "discretion 裁量过大", "weak_supervision 监督薄弱"},
		"checks":        {"controls 防控措施落实情况检查", "search 风险查找情况检查"},
		"comments at":   {"website 网站", "notice_board 公告栏"},
		"control forms": {"measure 防控措施"},
		"decisions": {
			"major_issue 重大决策: investigation; center; president, leader; last president; 3 speak, 2/3 come, " +
				"more than 1/2 of members",
			"appointment 重要人事任免: investigation, publicity; center; president, leader; last president; 3 speak, " +
				"2/3 come, more than 1/2 of members",
			"project 重大项目安排: investigation; amount; center; president, leader; last president; 3 speak, 2/3 come, " +
				"more than 1/2 of members",
			"large_funds 大额资金使用: investigation; amount; center; president, leader; last president; 3 speak, " +
				"2/3 come, more than 1/2 of members",
		},
		"deficiencies": {
			"control_not_kept 防控措施未落实: 10 working", "search_formal 查找和防控走过场: 10 working",
			"decision_procedure 未按规定程序决策: 10 working; filed with district_commission; 5 working",
			"decision_changed 擅自改变集体决策: 5 working; grave; filed with district_commission; 5 working",
		},
		"duties":  {"divisions 督促指导分管部门: president, leader; every 6 months from 1"},
		"factors": {"size 风险大小: 5 × 5", "frequency 发生频率: 5 × 5", "harm 危害程度: 5 × 5", "cause 形成原因: 5 × 5"},
		"grades": {
			"high 高风险: of ; all of measure; 0", "middle 中风险: of ; all of measure; 0", "low 低风险: of ; all of measure; 0",
		},
		"limit for judging": {"10 working"},
		"lowest scores":     {"[75 50 0]"},
		"openness":          {"flow_charts 职权运行流程图公布: flow_charts; every 12 months from 1; 12 month; center"},
		"point review":      {"check 审核: discipline_group"},
		"power kinds":       {"position 岗位", "procedure 程序", "regime 制度"},
		"power review":      {"lawfulness 合法性审核: discipline_group"},
		"preparations":      {"investigation 调查研究", "publicity 公示"},
		"problems": {
			"not_specific 不具体", "incomplete 查找不全", "grade_too_low 定级偏低", "basis_missing 缺少依据", "formality 走过场",
		},
		"public": {
			"power_catalogue 职权目录: power_items; kind, title, legal_basis, positions; website, notice_board; " +
				"open at website, notice_board; renewed; filed with district_commission",
			"flow_charts 职权运行流程图: power_items; title, legal_basis, steps; website, notice_board, litigation_notice; " +
				"open at website, notice_board, litigation_notice; renewed",
			"risk_grades 廉洁风险点及等级: risk_points; power_item, step, position, regime, category, description, grade; " +
				"website, notice_board; open at website, notice_board; 5 working; objections",
		},
		"ranks":          {"president 院长（党组书记）", "leader 党组成员", "division_head 部门负责人", "staff 干警"},
		"registrations":  {"center, monitoring_point: positions, power_items, risk_points"},
		"ways of search": {"self 自己找", "mutual 相互查", "leader 领导点", "public 群众评", "collective 集体讨论"},
	},
}
