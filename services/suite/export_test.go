package suite

import "slices"

// Jobs are the names of the jobs that run here: each has its metric from the start.
func (s *Suite) Jobs() ([]string, error) {
	families, err := s.registry.Gather()
	var names []string
	for _, family := range families {
		if family.GetName() != "qingfeng_job_runs_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "job" {
					names = append(names, label.GetValue())
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), err
}
