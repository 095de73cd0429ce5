package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	random "math/rand/v2"
	"net/http"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/graph/stream"
)

// lead is how many events the writers are ahead of the subscribers at most, on the average.
const lead = 400

// write runs transactions past the API that each make one to three cases and tell the streams: some slow, some rolled
// back. Each has a clock of its own.
func (c *chaos) write(ctx context.Context) {
	for c.writing.Load() {
		if c.count()-int(c.delivered.Load())/chaosSubscribers > lead {
			time.Sleep(5 * time.Millisecond)
			continue
		}
		if err := c.transact(ctx, 1+random.IntN(3)); err != nil {
			c.failed(err)
			time.Sleep(random.N(50 * time.Millisecond))
		}
		time.Sleep(random.N(10 * time.Millisecond))
	}
}

// writeOne makes a case when nothing breaks any more.
func (c *chaos) writeOne(ctx context.Context) {
	c.Helper()
	had, until := c.count(), time.Now().Add(30*time.Second)
	for c.count() == had { // it may be rolled back
		if err := c.transact(ctx, 1); err != nil && time.Now().After(until) {
			c.Fatal(err)
		}
	}
}

// transact makes n cases in one transaction, if all goes well.
func (c *chaos) transact(ctx context.Context, n int) error {
	tx, err := c.store.Client.Tx(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to say
	var keys []uuid.UUID
	for range n {
		key, err := c.enter(tx)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	if random.IntN(3) == 0 {
		longest := 40 * time.Millisecond
		if c.store.Dialect == dialect.SQLite {
			longest /= 10 // the others wait
		}
		time.Sleep(random.N(longest))
	}
	if random.IntN(20) == 0 {
		if err := tx.Rollback(); err != nil {
			return err
		}
		c.mark(c.rolledBack, keys...)
		c.tally.rollbacks.Add(1)
		return nil
	}
	if err := tx.Commit(); err != nil {
		c.mark(c.unsure, keys...)
		return err
	}
	c.mark(c.committed, keys...)
	return nil
}

// enter makes a case like the template and tells the streams of it.
func (c *chaos) enter(tx *ent.Tx) (uuid.UUID, error) {
	ctx := clock.At(c.system(), time.Now().Add(random.N(2*maxJump)-maxJump))
	like := c.template
	made, err := tx.CareCase.Create().SetNumber(rand.Text()[:20]).SetKind(like.Kind).SetStatus(like.Status).SetChannel(like.Channel).
		SetRequesterKind(like.RequesterKind).SetDepartment(like.Department).SetNillableTerritory(like.Territory).
		SetNillableTherapeuticArea(like.TherapeuticArea).SetNillableProviderID(like.ProviderID).SetNillableProductID(like.ProductID).
		SetSubject(like.Subject).SetReceivedAt(clock.Now(ctx)).SetDueAt(like.DueAt).Save(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	department, reason := string(made.Department), code.RoutingReasonCreated
	return made.ID, stream.Append(ctx, tx, stream.Entry{
		Kind: code.EventKindCaseEntered, Entity: "case", ID: made.ID, Department: &department, Territory: made.Territory, Reason: &reason,
	})
}

func (c *chaos) mark(as map[uuid.UUID]bool, keys ...uuid.UUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		as[key] = true
	}
}

// submit asks questions through the API of any server, each until it is answered: an answer that was lost may belong
// to a change that was not.
func (c *chaos) submit(ctx context.Context, name string) {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for n := 0; c.writing.Load(); n++ {
		input := object{
			"productId": c.product, "unsolicited": true, "involvesAdverseEvent": false, "idempotencyKey": fmt.Sprintf("%s, %d", name, n),
			"questions": []object{{"topic": "EFFICACY", "text": asking}},
		}
		for {
			id, err := c.ask(ctx, client, input)
			if err == nil {
				c.mark(c.committed, c.key(id))
				break
			}
			c.failed(err)
			c.tally.retries.Add(1)
			time.Sleep(random.N(100 * time.Millisecond))
		}
		time.Sleep(random.N(80 * time.Millisecond))
	}
}

// ask submits a question and returns the identifier of its case.
func (c *chaos) ask(ctx context.Context, client *http.Client, input object) (id string, err error) {
	body, err := json.Marshal(object{
		"query":     "mutation ($input: SubmitMedicalInquiryInput!) { submitMedicalInquiry(input: $input) { case { id } } }",
		"variables": object{"input": input},
	})
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, anyOf(c.nodes).url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+c.token("provider", "PROVIDER_PORTAL"))
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct {
		Data struct {
			SubmitMedicalInquiry *struct{ Case *struct{ ID string } }
		}
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", err
	}
	if made := answer.Data.SubmitMedicalInquiry; made != nil && made.Case != nil {
		return made.Case.ID, nil
	}
	return "", fmt.Errorf("HTTP %d: %v", response.StatusCode, answer.Errors)
}
