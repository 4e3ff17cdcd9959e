package httpconn

import (
	"net/http"

	// The details that the suite's errors carry: linked in, they can be read.
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
)

// toError makes a status of an error answer. An answer that isn't a façade's, such as a proxy's page, gives the code
// that its HTTP status stands for.
func toError(httpStatus int, body []byte) error {
	var received spb.Status
	err := protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(body, &received)
	if err != nil || received.GetCode() == int32(codes.OK) {
		return status.Errorf(codeOf(httpStatus), "http status %d", httpStatus)
	}
	return status.ErrorProto(&received)
}

func codeOf(httpStatus int) codes.Code {
	switch httpStatus {
	case http.StatusBadRequest:
		return codes.InvalidArgument
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusNotFound:
		return codes.NotFound
	case http.StatusTooManyRequests:
		return codes.ResourceExhausted
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return codes.Unavailable
	default:
		return codes.Unknown
	}
}
