package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// profileFolders are where the profiles are looked for if no folder is named: in the repository around the working folder, and
// around the program, which is built into .bin.
func profileFolders() []string {
	const inRepository = "deploy/profiles"
	folders := []string{inRepository}
	if program, err := os.Executable(); err == nil {
		folder := filepath.Dir(program)
		folders = append(folders, filepath.Join(folder, "profiles"), filepath.Join(folder, inRepository),
			filepath.Join(filepath.Dir(folder), inRepository))
	}
	return folders
}

// profileFolder is the folder of the profiles: the one named, or the first that is found.
func profileFolder(named string) (string, error) {
	folders := []string{named}
	if named == "" {
		folders = profileFolders()
	}
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, "c", "network.yaml")); err == nil {
			return folder, nil
		}
	}
	return "", fmt.Errorf("no profiles in %q: name the repository's deploy/profiles with --profiles or QINGFENG_PROFILES"+
		" / 在 %q 中未找到机制方案，请用参数 --profiles 或环境变量 QINGFENG_PROFILES 指定代码库的 deploy/profiles 目录", folders, folders)
}
