package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/stream"
	"github.com/carehub/carehub/server/auth"
)

const (
	connectedSockets = 5000
	matchingSockets  = 100
	perIdentity      = 20  // sockets, the limit
	perAddress       = 900 // below the limit
)

// BenchmarkDelivery measures from the commit of an event to the last byte at the clients of whom it is: 100 of 5,000
// connected sockets, half of them on the server that wrote and half on another. Both servers and all clients share
// this process. An iteration is one event; the server that writes changes with each.
func BenchmarkDelivery(b *testing.B) {
	database, secretFile := storetest.NewDurable(b).URL(), filepath.Join(b.TempDir(), "carehub.secret")
	servers := []*server{serveInside(b, database, secretFile), serveInside(b, database, secretFile)}
	arrived := make(chan arrival, matchingSockets)
	audience := liaisons(b, servers[0], connectedSockets/perIdentity)
	var opening sync.WaitGroup
	limit := make(chan struct{}, 16)
	for i := range connectedSockets {
		who := audience[i/perIdentity]
		opening.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			listenFrom(b, servers[i%2], i, who, arrived)
		})
	}
	opening.Wait()
	if b.Failed() {
		b.FailNow()
	}
	var took [2][]time.Duration // on the server that wrote, and on the other
	var last [2][]time.Duration
	b.ResetTimer()
	for n := range b.N {
		writer := n % 2
		committed := enterCase(b, servers[writer])
		var latest [2]time.Duration
		for range matchingSockets {
			select {
			case a := <-arrived:
				where := (a.server + writer) % 2
				took[where] = append(took[where], a.at.Sub(committed))
				latest[where] = max(latest[where], a.at.Sub(committed))
			case <-time.After(time.Minute):
				b.Fatal("an event did not arrive")
			}
		}
		for where := range latest {
			last[where] = append(last[where], latest[where])
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.StopTimer()
	for where, name := range []string{"writing", "other"} {
		slices.Sort(took[where])
		slices.Sort(last[where])
		for _, q := range []int{50, 99} {
			b.ReportMetric(took[where][(len(took[where])-1)*q/100].Seconds()*1000, fmt.Sprintf("%s-p%d-ms", name, q))
			b.ReportMetric(last[where][(len(last[where])-1)*q/100].Seconds()*1000, fmt.Sprintf("%s-last-p%d-ms", name, q))
		}
	}
}

// arrival is when a client of a server had read a case.
type arrival struct {
	server int
	at     time.Time
}

// serveInside starts a server in this process.
func serveInside(b *testing.B, database, secretFile string) *server {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	settings := &serveCommand{Patients: 10, Listen: "127.0.0.1:0", DocumentLimit: 1}
	settings.Database, settings.SecretFile = database, secretFile
	v, err := newServer(ctx, settings, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	listener, err := net.Listen("tcp", settings.Listen) //nolint:noctx // closed at the end
	if err != nil {
		b.Fatal(err)
	}
	settings.Listen = listener.Addr().String()
	served := make(chan error, 1)
	go func() { served <- v.serve(ctx, listener) }()
	b.Cleanup(func() {
		cancel()
		if err := errors.Join(<-served, v.close(context.Background())); err != nil {
			b.Log(err)
		}
	})
	return v
}

// liaisons makes n liaisons and returns their tokens: the first have the matching sockets, each of the others a
// territory in which nothing happens.
func liaisons(b *testing.B, v *server, n int) (tokens []string) {
	b.Helper()
	ctx := viewer.System(b.Context(), "benchmark")
	for i := range n {
		name, territory := fmt.Sprintf("bench%d", i), fmt.Sprintf("QUIET%d", i)
		if i < matchingSockets/perIdentity {
			territory = "BUSY"
		}
		id, err := v.store.Client.Identity.Create().SetPersona(viewer.Liaison).SetIssuer(auth.DemoIssuer).SetSubject(name).SetName(name).Save(ctx)
		if err != nil {
			b.Fatal(err)
		}
		if err := v.store.Client.Membership.Create().SetIdentityID(id.ID).SetDepartment(code.DepartmentCodeMedicalAffairs).
			SetTerritory(territory).SetStartedAt(time.Now()).Exec(ctx); err != nil {
			b.Fatal(err)
		}
		token, _, err := v.demo.Token(name, string(code.PortalStaffConsole), time.Now())
		if err != nil {
			b.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	return tokens
}

// listenFrom opens a socket from one of several addresses and tells of every case that arrives.
func listenFrom(b *testing.B, v *server, i int, token string, arrived chan<- arrival) {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(i/perAddress+1))}}
	conn, err := dialSocket(b.Context(), dialer, v.settings.Listen)
	if err == nil {
		err = tell(b.Context(), conn, object{"type": "connection_init", "payload": object{"Authorization": "Bearer " + token}})
	}
	if err == nil {
		_, err = receiveFrom(b.Context(), conn, time.Minute)
	}
	if err == nil {
		err = tell(b.Context(), conn, object{"id": "1", "type": "subscribe", "payload": object{"query": benchSubscription}})
	}
	if err == nil {
		_, err = receiveFrom(b.Context(), conn, time.Minute) // the checkpoint
	}
	if err != nil {
		b.Error(err)
		return
	}
	server := i % 2
	go func() {
		for {
			_, text, err := conn.Read(context.Background())
			if err != nil {
				return
			}
			if at := time.Now(); bytes.Contains(text, []byte(`"CaseCreated"`)) { // and no checkpoint
				arrived <- arrival{server, at}
			}
		}
	}()
	b.Cleanup(func() { conn.CloseNow() })
}

const benchSubscription = `subscription { caseCreated { __typename ... on CaseCreated { cursor reason case { id number subject status } } ... on StreamCheckpoint { cursor } } }`

func dialSocket(ctx context.Context, dialer *net.Dialer, address string) (*websocket.Conn, error) {
	transport := &http.Transport{DialContext: dialer.DialContext}
	conn, _, err := websocket.Dial(ctx, "ws://"+address+"/graphql", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, Subprotocols: []string{"graphql-transport-ws"},
	})
	return conn, err
}

// enterCase makes a case of the busy territory as the API does, and returns when that was committed.
func enterCase(b *testing.B, v *server) time.Time {
	b.Helper()
	ctx := viewer.System(b.Context(), "benchmark")
	tx, err := v.store.Client.Tx(ctx)
	if err != nil {
		b.Fatal(err)
	}
	made, err := tx.CareCase.Create().SetNumber(rand.Text()[:20]).SetKind(code.CaseKindMedicalInquiry).SetStatus(code.CaseStatusRouted).
		SetChannel(code.ChannelPortal).SetRequesterKind(code.AccountKindProvider).SetDepartment(code.DepartmentCodeMedicalAffairs).
		SetTerritory("BUSY").SetSubject("benchmark").SetReceivedAt(time.Now()).SetDueAt(time.Now()).Save(ctx)
	if err != nil {
		b.Fatal(err)
	}
	department, reason := string(made.Department), code.RoutingReasonCreated
	err = stream.Append(ctx, tx, stream.Entry{
		Kind: code.EventKindCaseEntered, Entity: "case", ID: made.ID, Department: &department, Territory: made.Territory, Reason: &reason,
	})
	if err = errors.Join(err, tx.Commit()); err != nil {
		b.Fatal(err)
	}
	committed := time.Now()
	v.events.Kick()
	return committed
}
