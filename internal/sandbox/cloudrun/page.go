package cloudrun

import "strconv"

// page cuts one page out of a list. The token is the place where the next one begins; size 0 is
// everything, up to 1000.
func page[T any](list []T, size int32, token string) ([]T, string, error) {
	const most = 1000
	from := 0
	if token != "" {
		n, err := strconv.Atoi(token)
		if err != nil || n < 0 || n > len(list) {
			return nil, "", invalid("page_token %q is not one of ours", token)
		}
		from = n
	}
	if size < 0 {
		return nil, "", invalid("page_size %d is negative", size)
	}
	if size == 0 || size > most {
		size = most
	}
	list = list[from:]
	if len(list) <= int(size) {
		return list, "", nil
	}
	return list[:size], strconv.Itoa(from + int(size)), nil
}
