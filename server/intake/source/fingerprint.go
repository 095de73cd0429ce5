package source

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Fingerprint tells sources apart by the names, sizes and moments of change of their files, without reading them,
// and by the version of the program that reads them. A path that does not exist is an error.
func Fingerprint(version string, paths ...string) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, version)
	add := func(name string, info fs.FileInfo) {
		fmt.Fprintf(sum, "%q %d %d\n", name, info.Size(), info.ModTime().UnixNano())
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return "", err
		}
		name, err := filepath.Abs(path)
		if err != nil {
			return "", err
		}
		if !info.IsDir() {
			add(name, info)
			continue
		}
		root, err := filepath.EvalSymlinks(name)
		if err != nil {
			return "", err
		}
		err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				fmt.Fprintf(sum, "%q %v\n", name, err) // the walk will report it
			case !entry.IsDir():
				if info, err := entry.Info(); err == nil {
					add(name, info)
				}
			}
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
