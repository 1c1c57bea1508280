// A Varlink client that is neither ours nor Python's. It reads what a service says of itself, takes a session, waits
// for another with a stream, and is refused; it prints one JSON object with what it saw.
//
//	goclient unix:/path/of/the/socket TENANT
package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/varlink/go/varlink"
	"github.com/varlink/go/varlink/idl"
)

const broker = "org.usher.broker."

type parameters map[string]interface{}

type seen struct {
	Product    string
	Interfaces []string
	Methods    map[string]int
	Session    string
	Positions  []float64
	Error      string
	Holders    int
	Waited     string
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// refusal returns the name of an error reply and its parameters.
func refusal(err error) (string, parameters) {
	reply, ok := err.(*varlink.Error)
	if !ok {
		panic(err)
	}
	facts := parameters{}
	if raw, ok := reply.Parameters.(*json.RawMessage); ok && raw != nil {
		must(json.Unmarshal(*raw, &facts))
	}
	return reply.Name, facts
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	connection, err := varlink.NewConnection(ctx, os.Args[1])
	must(err)
	defer connection.Close()
	tenant := os.Args[2]
	result := seen{Methods: map[string]int{}}

	var vendor, version, url string
	must(connection.GetInfo(ctx, &vendor, &result.Product, &version, &url, &result.Interfaces))
	for _, name := range result.Interfaces {
		text, err := connection.GetInterfaceDescription(ctx, name)
		must(err)
		description, err := idl.New(text)
		must(err)
		result.Methods[name] = len(description.Methods)
	}

	var granted struct{ Session struct{ Session string } }
	must(connection.Call(ctx, broker+"Acquire", parameters{"tenant": tenant}, &granted))
	result.Session = granted.Session.Session

	err = connection.Call(ctx, broker+"Acquire", parameters{"tenant": tenant}, nil)
	name, facts := refusal(err)
	result.Error = name
	result.Holders = len(facts["holders"].([]interface{}))

	receive, err := connection.Send(ctx, broker+"Acquire",
		parameters{"tenant": tenant, "waitSeconds": 1}, varlink.More)
	must(err)
	for {
		var news struct{ Position float64 }
		flags, err := receive(ctx, &news)
		if err != nil {
			result.Waited, _ = refusal(err)
			break
		}
		result.Positions = append(result.Positions, news.Position)
		if flags&varlink.Continues == 0 {
			break
		}
	}
	must(json.NewEncoder(os.Stdout).Encode(result))
}
