package sqlread

import "strings"

// maxDepth is how deep a statement may be by the reckoning below. The parser copes with 500 operators and 120 queries in
// one another; with 900, or 200, it does not return, or breaks.
const maxDepth = 400

// What a level costs: an operator one call of the parser, a bracket or a join several.
const (
	costBracket = 4
	costJoin    = 4
)

// chained are words that put what is before or behind them one level deeper.
var chained = map[string]int{
	"NOT": 1, "IS": 1, "ISNULL": 1, "NOTNULL": 1, "COLLATE": 1, "AT": 1,
	"UNION": costJoin, "INTERSECT": costJoin, "EXCEPT": costJoin, "JOIN": costJoin,
}

// level is what is between two brackets. Between two commas, operators add up, and what is in brackets counts once, as
// deep as the deepest.
type level struct{ item, child, best int }

func (l *level) close() int {
	l.comma()
	return l.best
}

func (l *level) comma() {
	l.best = max(l.best, l.item+l.child)
	l.item, l.child = 0, 0
}

// tooDeep says whether a statement is deeper than what the parser survives, and where. It reckons from above.
func tooDeep(sql string) (where int, deep bool) {
	levels := []level{{}}
	for at := 0; at < len(sql); {
		kind, next := token(sql, at)
		if kind == word || kind == sign {
			if cost := costOf(sql[at:next], &levels); cost > 0 { // then it is the same level as before
				levels[len(levels)-1].item += cost
			}
		}
		if deepest(levels) > maxDepth {
			return at, true
		}
		at = next
	}
	return 0, false
}

// costOf is what a token adds to its level; brackets open and close levels.
func costOf(token string, levels *[]level) int {
	top := &(*levels)[len(*levels)-1]
	switch token {
	case "(", "[":
		*levels = append(*levels, level{})
		return 0
	case ")", "]":
		shut(levels)
		return 0
	case ",":
		top.comma()
		return 0
	case ";":
		if len(*levels) == 1 {
			*levels = []level{{}}
		} else { // within a function's body, or a mistake
			top.comma()
		}
		return 0
	}
	if strings.Contains("+-*/<>=~!@#%^&|`?:", token) {
		return 1
	}
	upper := strings.ToUpper(token)
	switch upper {
	case "CASE":
		*levels = append(*levels, level{})
		return 0
	case "END":
		shut(levels)
		return 0
	}
	return chained[upper]
}

func shut(levels *[]level) {
	if n := len(*levels); n > 1 {
		v := (*levels)[n-1].close() + costBracket
		*levels = (*levels)[:n-1]
		(*levels)[n-2].child = max((*levels)[n-2].child, v)
	}
}

// deepest is how deep it is at this place.
func deepest(levels []level) int {
	if len(levels) > maxDepth/costBracket {
		return maxDepth + 1
	}
	sum := costBracket * (len(levels) - 1)
	for _, l := range levels {
		sum += l.item
	}
	top := levels[len(levels)-1]
	return sum + top.child
}
