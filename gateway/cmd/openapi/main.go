// Command openapi writes the OpenAPI documents of a level, in each language, into a folder: openapi.zh-CN.json, openapi.en.json.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

func main() {
	level := flag.String("level", "city", "level of the instance: province, city, county, township")
	out := flag.String("out", ".", "folder to write into")
	flag.Parse()
	if err := write(typev1.Level(typev1.Level_value["LEVEL_"+strings.ToUpper(*level)]), *out); err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

func write(level typev1.Level, folder string) error {
	documents, err := gateway.OpenAPI(level)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for locale, document := range documents {
		if err := os.WriteFile(filepath.Join(folder, "openapi."+locale+".json"), document, 0o644); err != nil {
			return err
		}
	}
	return nil
}
