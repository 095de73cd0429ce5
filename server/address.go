package main

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// proxies are the networks of reverse proxies whose word on where a request comes from is taken.
type proxies []netip.Prefix

// parseProxies reads addresses and networks such as 10.0.0.0/8.
func parseProxies(list []string) (proxies, error) {
	var out proxies
	for _, text := range list {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			one, alone := netip.ParseAddr(text)
			if alone != nil || one.Zone() != "" {
				return nil, fmt.Errorf("--trusted-proxies: %q is not an address or a network such as 10.0.0.0/8", text)
			}
			network = netip.PrefixFrom(one, one.BitLen())
		}
		out = append(out, network.Masked())
	}
	return out, nil
}

func (p proxies) trusted(a netip.Addr) bool {
	return slices.ContainsFunc(p, func(network netip.Prefix) bool { return network.Contains(a) })
}

// origin returns the address from which the request comes: the peer's, and where that is a trusted proxy the last one in
// the chain that is none. What stands before it in the chain was written by the client, who may write anything.
func (p proxies) origin(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	from := peer.Addr().Unmap()
	if !p.trusted(from) {
		return from.String()
	}
	for _, hop := range slices.Backward(chain(r.Header)) {
		if !hop.IsValid() { // nobody knows beyond
			break
		}
		if from = hop; !p.trusted(from) {
			break
		}
	}
	return from.String()
}

// chain returns the addresses through which a request came, as proxies have noted them. A proxy adds to one of the two
// headers and may let the client's other one through: where both stand there and differ, neither is believed.
func chain(header http.Header) []netip.Addr {
	var listed, forwarded []netip.Addr
	for _, hop := range elements(header, "X-Forwarded-For") {
		listed = append(listed, hopAddress(hop))
	}
	for _, hop := range elements(header, "Forwarded") {
		var of netip.Addr
		for part := range strings.SplitSeq(hop, ";") {
			if name, value, _ := strings.Cut(strings.TrimSpace(part), "="); strings.EqualFold(name, "for") {
				of = hopAddress(value)
			}
		}
		forwarded = append(forwarded, of)
	}
	switch {
	case len(forwarded) == 0:
		return listed
	case len(listed) == 0, slices.Equal(listed, forwarded):
		return forwarded
	}
	return nil
}

// elements are the values of a header, which may stand in several lines. They are split at every comma: a quotation mark
// that a client left open hides nothing of what a proxy added.
func elements(header http.Header, name string) []string {
	lines := header.Values(name)
	if len(lines) == 0 {
		return nil
	}
	return strings.Split(strings.Join(lines, ","), ",")
}

// hopAddress reads an address with or without port, brackets and quotation marks; what is none is not valid.
func hopAddress(text string) netip.Addr {
	text = strings.Trim(strings.TrimSpace(text), `"`)
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap().WithZone("")
	}
	address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}
