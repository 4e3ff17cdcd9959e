// Command protodeps writes the third-party .proto files that our own protos import into a folder, so that buf
// needs no schema registry: the files are printed from the descriptors inside the Go packages pinned in go.mod.
package main

import (
	"flag"
	"fmt"
	"os"

	_ "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate" // buf/validate/validate.proto
	_ "google.golang.org/genproto/googleapis/api/annotations"                   // google/api/*.proto
	_ "google.golang.org/genproto/googleapis/api/httpbody"                      // google/api/httpbody.proto
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"                    // google/rpc/error_details.proto
	_ "google.golang.org/genproto/googleapis/rpc/status"                        // google/rpc/status.proto
	_ "google.golang.org/genproto/googleapis/type/date"                         // google/type/date.proto
	_ "google.golang.org/genproto/googleapis/type/decimal"                      // google/type/decimal.proto
	_ "google.golang.org/genproto/googleapis/type/interval"                     // google/type/interval.proto
	_ "google.golang.org/genproto/googleapis/type/localized_text"               // google/type/localized_text.proto
	_ "google.golang.org/genproto/googleapis/type/money"                        // google/type/money.proto
	_ "google.golang.org/genproto/googleapis/type/timeofday"                    // google/type/timeofday.proto
)

func main() {
	out := flag.String("out", ".protodeps", "folder to write, created when missing")
	flag.Parse()
	n, err := write(*out)
	if err != nil {
		fmt.Fprintln(os.Stderr, "protodeps:", err)
		os.Exit(1)
	}
	fmt.Printf("protodeps: %d files in %s\n", n, *out)
}
