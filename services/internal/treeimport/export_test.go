package treeimport

import "io"

// ReadCSV and ReadPackage read a tree and check it, from wherever a test has it.
func ReadCSV(r io.Reader) ([]Row, error) {
	rows, faults, err := readCSV("u.csv", r)
	if err != nil {
		return nil, err
	}
	return rows, append(faults, check(rows)...).err()
}

func ReadPackage(r io.Reader) ([]Row, error) {
	rows, faults, err := readPackage(r)
	if err != nil {
		return nil, err
	}
	return rows, append(faults, check(rows)...).err()
}
