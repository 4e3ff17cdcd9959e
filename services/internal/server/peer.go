package server

import (
	"encoding/json"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// A connection to a peer that has been silent for peerPing is asked whether it is still there, and given up if no answer comes
// within peerPingTimeout: a machine that vanished sends no goodbye.
const (
	peerPing        = 30 * time.Second
	peerPingTimeout = 10 * time.Second
)

// serviceConfig is how peers are called: every address of the host's name in turns, and a reading up to four times where the
// peer is not available. A change is never repeated by the connection: it may have been made though no answer came.
func serviceConfig() string {
	config, err := json.Marshal(map[string]any{
		"loadBalancingConfig": []any{map[string]any{"round_robin": map[string]any{}}},
		"methodConfig": []any{map[string]any{
			"name": readings(),
			"retryPolicy": map[string]any{
				"maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
				"retryableStatusCodes": []string{"UNAVAILABLE"},
			},
		}},
		// A peer that answers nothing any more is soon asked once only.
		"retryThrottling": map[string]any{"maxTokens": 10, "tokenRatio": 0.1},
	})
	if err != nil {
		panic("server: service config: " + err.Error()) // made of constants and names
	}
	return string(config)
}

type methodName struct {
	Service string `json:"service"`
	Method  string `json:"method"`
}

// readings are the linked RPCs that change nothing: those that are a GET over HTTP.
func readings() []methodName {
	found := []methodName{}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(file.Package()), "qingfeng.") {
			return true
		}
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				method := methods.Get(j)
				rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
				if rule.GetGet() != "" {
					found = append(found, methodName{string(method.Parent().FullName()), string(method.Name())})
				}
			}
		}
		return true
	})
	return found
}

// peerOptions are those of a connection over the network.
func peerOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithDefaultServiceConfig(serviceConfig()),
		grpc.WithDisableServiceConfig(), // none from DNS
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: peerPing, Timeout: peerPingTimeout, PermitWithoutStream: true}),
	}
}
