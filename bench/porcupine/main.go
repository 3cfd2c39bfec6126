// Judges counter problems with Porcupine, to compare its verdicts and times with the kit's.
//
// Build it in a copy of this folder, with Go 1.16 or later:
//
//	go mod edit -replace=github.com/anishathalye/porcupine=PATH_TO_A_CHECKOUT   (or: go get github.com/anishathalye/porcupine)
//	go build -o judge .
//
// `python bench/linearize.py --porcupine PATH_TO_JUDGE` hands it one problem a line and reads one line back for each: the
// seconds that it took and its verdict.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"
)

// call is a mutator or an observation; its numbers are those of kandykit/linearize/problem.py.
type call struct {
	Called   float64
	Due      *float64 // nil: no answer ever came
	Optional bool

	// A mutator.
	Mutates bool
	Total   int
	Used    int
	Needs   int
	Limited bool

	// An observation: what was shown, or what a refusal says.
	ShowsTotal     *int
	ShowsUsed      *int
	ShowsAvailable *int
	AvailableBelow *int
	TotalAbove     *int
}

type problem struct {
	Timeout float64
	Total   int
	Used    int
	Limit   *int
	Calls   []call
}

type state struct{ total, used int }

func (c *call) sees(s state) bool {
	available := s.total - s.used
	return (c.ShowsTotal == nil || *c.ShowsTotal == s.total) &&
		(c.ShowsUsed == nil || *c.ShowsUsed == s.used) &&
		(c.ShowsAvailable == nil || *c.ShowsAvailable == available) &&
		(c.AvailableBelow == nil || available < *c.AvailableBelow) &&
		(c.TotalAbove == nil || s.total > *c.TotalAbove)
}

func (p *problem) step(before, input, _ interface{}) (bool, interface{}) {
	s, c := before.(state), input.(*call)
	if !c.Mutates {
		return c.sees(s), s
	}
	allowed := (c.Needs == 0 || s.total-s.used >= c.Needs) &&
		(!c.Limited || p.Limit == nil || s.total+c.Total <= *p.Limit)
	if allowed {
		return true, state{s.total + c.Total, s.used + c.Used}
	}
	// An option need never happen: at the end, or where it is not allowed, it does nothing.
	return c.Optional, s
}

func (p *problem) operations() []porcupine.Operation {
	var moments []float64
	for _, c := range p.Calls {
		moments = append(moments, c.Called)
		if c.Due != nil {
			moments = append(moments, *c.Due)
		}
	}
	sort.Float64s(moments)
	// Equal moments get one number, so that calls that touch overlap.
	at := func(moment float64) int64 { return int64(sort.SearchFloat64s(moments, moment)) }
	var operations []porcupine.Operation
	for number := range p.Calls {
		c := &p.Calls[number]
		returned := int64(math.MaxInt64)
		if c.Due != nil {
			returned = at(*c.Due)
		}
		operations = append(operations, porcupine.Operation{
			ClientId: number, Input: c, Call: at(c.Called), Output: nil, Return: returned,
		})
	}
	return operations
}

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	decoder := json.NewDecoder(lines)
	for decoder.More() {
		var p problem
		if err := decoder.Decode(&p); err != nil {
			fmt.Fprintln(os.Stderr, "not a problem:", err)
			os.Exit(2)
		}
		model := porcupine.Model{
			Init: func() interface{} { return state{p.Total, p.Used} },
			Step: p.step,
		}
		operations := p.operations()
		began := time.Now()
		result := porcupine.CheckOperationsTimeout(model, operations, time.Duration(p.Timeout*float64(time.Second)))
		word := map[porcupine.CheckResult]string{
			porcupine.Ok: "explained", porcupine.Illegal: "violation", porcupine.Unknown: "no answer",
		}[result]
		fmt.Printf("%.6f %s\n", time.Since(began).Seconds(), word)
	}
}
