package ecs

import "strconv"

// page is the part of a list that a caller asked for, and the token for the next one, which is nil at the end. most is
// what a page holds where the caller does not say.
func page[T any](all []T, maxResults *int32, token *string, most int) ([]T, *string, error) {
	from := 0
	if token != nil {
		n, err := strconv.Atoi(*token)
		if err != nil || n < 0 || n > len(all) {
			return nil, nil, refuse(invalidParameter, "Invalid token.")
		}
		from = n
	}
	if maxResults != nil {
		if *maxResults < 1 || *maxResults > 100 {
			return nil, nil, refuse(invalidParameter, "maxResults must be between 1 and 100.")
		}
		most = int(*maxResults)
	}
	to := min(from+most, len(all))
	if to == len(all) {
		return all[from:to], nil, nil
	}
	return all[from:to], ptr(strconv.Itoa(to)), nil
}
