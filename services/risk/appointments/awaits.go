package appointments

import (
	"context"
	"strings"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
)

const (
	inspectionStep = riskv1.AppointmentStep_APPOINTMENT_STEP_INSPECTION
	feedbackStep   = riskv1.AppointmentStep_APPOINTMENT_STEP_FEEDBACK
	pollStep       = riskv1.AppointmentStep_APPOINTMENT_STEP_POLL
)

// awaits is the column, derived of an appointment, of what it waits for: decision, poll and deficiencies change without it.
const awaits = "array_to_string(appointment_awaits(body, state), ',')"

// askedSteps are those of a kind that not every kind asks for.
func askedSteps(kind *riskv1.AppointmentKind) (steps []riskv1.AppointmentStep) {
	if kind.GetInspectionRequired() {
		steps = append(steps, inspectionStep)
	}
	if len(kind.GetFeedbackQuestions()) > 0 {
		steps = append(steps, feedbackStep)
	}
	if kind.GetPollKind() != "" {
		steps = append(steps, pollStep)
	}
	return steps
}

// awaitsOneOf keeps the appointments that wait for one of some steps; without any, all.
func awaitsOneOf(steps []riskv1.AppointmentStep) collection.Filter {
	if len(steps) == 0 {
		return collection.In("state", nil)
	}
	return collection.Where("state IN ('APPOINTMENT_STATE_NOMINATED', 'APPOINTMENT_STATE_QUALIFIED', "+
		"'APPOINTMENT_STATE_DECIDED') AND appointment_awaits(body, state) && ?::text[]", document.EnumNames(steps))
}

// showAwaits shows what an appointment waits for: after an act as it is stored since. What fails then fails the transaction,
// which is told by what comes next in it.
func showAwaits(ctx context.Context, c *change) {
	names := c.Beside[awaits]
	if c.Tx != nil {
		_ = c.QueryRow(ctx, "SELECT "+awaits+" FROM appointments WHERE region = $1 AND key = $2", c.Region, c.Key).Scan(&names)
	}
	c.Record.Awaits = nil
	for name := range strings.SplitSeq(names, ",") {
		if step := riskv1.AppointmentStep_value[name]; step != 0 {
			c.Record.Awaits = append(c.Record.Awaits, riskv1.AppointmentStep(step))
		}
	}
}
