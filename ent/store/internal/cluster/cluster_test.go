//go:build unix

package cluster

import (
	"errors"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestServerDiesWithItsOwner(t *testing.T) {
	owner := exec.CommandContext(t.Context(), "sleep", "600")
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	address, err := URL(t.Context(), owner.Process.Pid)
	if err != nil {
		_ = owner.Process.Kill()
		if errors.Is(err, ErrAbsent) && os.Getenv("CAREHUB_REQUIRE_ALL") != "1" {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	if again, err := URL(t.Context(), owner.Process.Pid); err != nil || again != address {
		t.Errorf("the owner's second server is %s, %v; want its first", again, err)
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait() // killed
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	dir := u.Query().Get("host")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		_, gone := os.Stat(dir)
		if gone != nil && ping(t.Context(), address) != nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server outlived its owner; %s: %v", dir, gone)
		}
	}
}
