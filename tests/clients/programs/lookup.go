// Go's own resolver: lookup 4|6|both NAME. Prints as lookup.c does.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
)

func fail(err error) {
	word := "other"
	var failure *net.DNSError
	if errors.As(err, &failure) {
		switch {
		case failure.IsNotFound:
			word = "IsNotFound"
		case failure.IsTimeout:
			word = "IsTimeout"
		case failure.IsTemporary:
			word = "IsTemporary"
		}
	}
	fmt.Println("error", word)
	os.Exit(1)
}

func main() {
	network := map[string]string{"4": "ip4", "6": "ip6", "both": "ip"}[os.Args[1]]
	resolver := net.Resolver{PreferGo: true}
	addresses, err := resolver.LookupIP(context.Background(), network, os.Args[2])
	if err != nil {
		fail(err)
	}
	for _, address := range addresses {
		fmt.Println("address", address)
	}
}
