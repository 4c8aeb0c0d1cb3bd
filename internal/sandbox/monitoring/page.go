package monitoring

import (
	"strconv"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/protobuf/proto"
)

// mostResults is how many points, or headers, a page has at most.
const mostResults = 100_000

// cut takes one page out of the series. It counts points, or series where only headers were asked for; a series that
// goes over the end of a page goes on in the next one. The token is the number of results before the page.
func cut(list []*monitoringpb.TimeSeries, req *monitoringpb.ListTimeSeriesRequest) ([]*monitoringpb.TimeSeries, string, error) {
	skip, left := 0, int(req.GetPageSize())
	if left < 0 {
		return nil, "", invalid("Field page_size had an invalid value of \"%d\": It must not be negative.", left)
	}
	if left == 0 || left > mostResults {
		left = mostResults
	}
	if token := req.GetPageToken(); token != "" {
		n, err := strconv.Atoi(token)
		if err != nil || n < 0 {
			return nil, "", invalid("Field page_token had an invalid value of \"%s\".", token)
		}
		skip = n
	}
	before := skip
	var page []*monitoringpb.TimeSeries
	for _, x := range list {
		headers := len(x.Points) == 0
		size := max(len(x.Points), 1)
		if skip >= size {
			skip -= size
			continue
		}
		if left == 0 {
			return page, strconv.Itoa(before + taken(page)), nil
		}
		n := min(size-skip, left)
		if !headers && n < size {
			part := proto.CloneOf(x)
			part.Points = part.Points[skip : skip+n]
			x = part
		}
		page, left = append(page, x), left-n
		if skip+n < size {
			return page, strconv.Itoa(before + taken(page)), nil
		}
		skip = 0
	}
	return page, "", nil
}

func taken(page []*monitoringpb.TimeSeries) int {
	n := 0
	for _, x := range page {
		n += max(len(x.Points), 1)
	}
	return n
}
