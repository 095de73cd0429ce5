package wire

// Counted is how much the endpoint counts: what is open, and the identities and addresses that have any of it.
func Counted(e *Endpoint) (open, identities, addresses int) {
	e.seats.mu.Lock()
	defer e.seats.mu.Unlock()
	return len(e.seats.taken), len(e.seats.byIdentity), len(e.seats.byAddress)
}
