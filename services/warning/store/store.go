// Package store holds the warning service's migrations and queries; the code in db is generated from them.
package store

import "embed"

// Migrations are the goose files of the service's own tables.
//
//go:embed migrations/*.sql
var Migrations embed.FS
