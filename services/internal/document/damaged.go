package document

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/logline"
)

// DamagedRows counts how often this process met a stored record that it could not read.
var DamagedRows = prometheus.NewCounter(prometheus.CounterOpts{
	Name: "qingfeng_damaged_rows_total",
	Help: "Stored records that could not be read, each time they were met; the log names them.",
})

// IsDamaged tells whether a record could not be read because it was damaged, and has the log name it. A list or a job goes on
// without it.
func IsDamaged(ctx context.Context, err error) bool {
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != codes.DataLoss {
		return false
	}
	logline.Add(ctx, zap.Strings("damaged", f.Args))
	return true
}

// nameIn is the name that stands in a body, or what kind of record it is.
func nameIn(body []byte, m proto.Message) string {
	var named struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(body, &named); err != nil || named.Name == "" {
		return string(m.ProtoReflect().Descriptor().FullName())
	}
	return named.Name
}
