package gateway

import (
	// The services that the façade shows: linked in, they stand in the registry.
	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
)
