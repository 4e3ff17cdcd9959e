package reviews_test

import (
	"flag"
	"testing"

	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
)

// Each check of a property goes through the public API.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "25"); err != nil {
		panic(err)
	}
	pgtest.Main(m)
}
