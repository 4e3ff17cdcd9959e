package grading

import (
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// PointTitles say which points a risk point has for each factor of a scheme.
func PointTitles(scheme *riskv1.Scheme, points map[string]int32) words.Title {
	var titles []words.Title
	for _, factor := range scheme.GetFactors() {
		if given, ok := points[factor.GetId()]; ok {
			title, number := schemes.TitleOf(factor.GetId(), factor.GetTitle()), " "+strconv.Itoa(int(given))
			titles = append(titles, words.Title{Zh: title.Zh + number, En: title.En + number})
		}
	}
	return words.List(titles...)
}
