// Package demo loads what the tour, the tests and the benchmarks start from: a real city's tree and the schemes of a city
// commission.
package demo

import (
	"context"
	"path/filepath"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/services/internal/profile"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
)

// City is the root of the tree.
const City = "units/340500"

// effectiveFrom is the day up to which the tree's source was kept.
const effectiveFrom = "2023-06-30"

// Load loads both from the folder of the profiles, as an administrator of City. progress, if any, is told of the units.
func Load(ctx context.Context, admin grpc.ClientConnInterface, profiles string, progress func(done, all int)) error {
	source := treeimport.Source{File: filepath.Join(profiles, "maanshan", "units.csv"), EffectiveFrom: effectiveFrom}
	if _, err := treeimport.Import(ctx, admin, source, progress); err != nil {
		return err
	}
	_, err := profile.Load(ctx, admin, filepath.Join(profiles, "c"))
	return err
}
