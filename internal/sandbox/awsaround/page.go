package awsaround

import "strconv"

// page is the part of a list that begins where a token says, at most as long as was asked, and the token of the next.
func page[T any](list []T, token *string, limit *int32, usual int) (part []T, next *string, err error) {
	from, most := 0, usual
	if token != nil && *token != "" {
		from, err = strconv.Atoi(*token)
		if err != nil || from < 0 || from > len(list) {
			return nil, nil, refuse("InvalidParameterException", "Invalid parameter at 'nextToken'")
		}
	}
	if limit != nil && *limit > 0 {
		most = int(*limit)
	}
	if left := len(list) - from; left <= most {
		return list[from:], nil, nil
	}
	at := strconv.Itoa(from + most)
	return list[from : from+most], &at, nil
}

// orElse is what was said, or what is meant if nothing was.
func orElse(said *string, usual string) string {
	if said == nil || *said == "" {
		return usual
	}
	return *said
}
