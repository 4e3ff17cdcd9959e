package calendar_test

import (
	"fmt"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

func ExampleCalendar_Due() {
	start, err := calendar.ParseDate("2026-09-28")
	if err != nil {
		panic(err)
	}
	deadline, err := calendar.BuiltIn().Due(start, calendar.Rule{Days: 5, Unit: calendar.WorkingDays})
	if err != nil {
		panic(err)
	}
	fmt.Println(deadline.Due())
	fmt.Println(deadline.Arithmetic.Text("zh-CN"))
	// Output:
	// 2026-10-10 true
	// 从2026-09-28起算（首日不计），5个工作日，跳过国庆节7天，调休上班日计入：2026-10-10（国庆节），截止2026-10-10
}
