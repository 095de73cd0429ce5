// Command cluster starts a throw-away PostgreSQL server that lives as long as the process whose id is given, and
// prints its URL: for scripts whose parts are to share one, by CAREHUB_TEST_POSTGRES_URL.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"github.com/carehub/carehub/ent/store/internal/cluster"
)

func main() {
	url, err := start(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(url)
}

func start(args []string) (string, error) {
	if len(args) != 1 {
		return "", fmt.Errorf("usage: cluster PROCESS")
	}
	owner, err := strconv.Atoi(args[0])
	if err != nil {
		return "", err
	}
	return cluster.URL(context.Background(), owner)
}
