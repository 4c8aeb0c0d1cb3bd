package cloudsql

import (
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// page cuts one page out of a list. The token is the place where the next one begins; size 0 is everything, up to 500.
func page[T any](list []T, size int, token string) ([]T, string, error) {
	const most = 500
	from := 0
	if token != "" {
		n, err := strconv.Atoi(token)
		if err != nil || n < 0 || n > len(list) {
			return nil, "", status.Errorf(codes.InvalidArgument, "Invalid request: page token %q is not one of ours.", token)
		}
		from = n
	}
	if size < 0 {
		return nil, "", status.Errorf(codes.InvalidArgument, "Invalid request: max results %d is negative.", size)
	}
	if size == 0 || size > most {
		size = most
	}
	list = list[from:]
	if len(list) <= size {
		return list, "", nil
	}
	return list[:size], strconv.Itoa(from + size), nil
}
