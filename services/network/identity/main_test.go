package identity_test

import (
	"testing"

	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }
