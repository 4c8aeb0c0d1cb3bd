package cloudwatch

import (
	"slices"
	"strconv"
	"strings"
)

// token says that a page goes on after (f) or before (b) this place in a list of lines: it names the line before the place,
// 0 at the beginning, so that it holds while lines are added at the end.
func token(way byte, all []event, i int) string {
	number := int64(0)
	if i > 0 {
		number = all[i-1].number
	}
	return string(way) + "/" + strconv.FormatInt(number, 10)
}

// span is the page of a list that is asked for: what a token says, or its beginning, or its end.
func span(next string, fromHead bool, all []event, most int) (from, to int, err error) {
	if next == "" {
		if fromHead {
			return 0, min(most, len(all)), nil
		}
		return max(len(all)-most, 0), len(all), nil
	}
	way, text, _ := strings.Cut(next, "/")
	number, err := strconv.ParseInt(text, 10, 64)
	i := slices.IndexFunc(all, func(e event) bool { return e.number == number }) + 1
	if err != nil || way != "f" && way != "b" || i == 0 && number != 0 {
		return 0, 0, refuse("InvalidParameterException", "The specified nextToken is invalid.")
	}
	if way == "f" {
		return i, min(i+most, len(all)), nil
	}
	return max(i-most, 0), i, nil
}
