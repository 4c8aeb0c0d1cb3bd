package elb

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// choice spreads requests by weight, evenly rather than by chance: of any hundred in a row, a target group with 10 of 100
// gets ten.
type choice struct{ credit map[string]int }

// next is the target group whose turn it is; "" when every weight is 0, for which the practice answers 503.
func (c *choice) next(shares []types.TargetGroupTuple) string {
	if c.credit == nil {
		c.credit = map[string]int{}
	}
	best, total := "", 0
	for _, t := range shares {
		arn, w := aws.ToString(t.TargetGroupArn), int(aws.ToInt32(t.Weight))
		if w == 0 {
			delete(c.credit, arn) // what it was owed before is not made up for
			continue
		}
		c.credit[arn] += w
		total += w
		if best == "" || c.credit[arn] > c.credit[best] {
			best = arn
		}
	}
	if best != "" {
		c.credit[best] -= total
	}
	return best
}

// groupCookie is how AWS calls the cookie that holds a user to a target group.
const groupCookie = "AWSALBTG"

// held is the target group that a request's cookie holds it to, whatever its weight is now; "" when it is free.
func held(r *http.Request, f *types.ForwardActionConfig, now time.Time) string {
	c, err := r.Cookie(groupCookie)
	if err != nil || !aws.ToBool(f.TargetGroupStickinessConfig.Enabled) {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return ""
	}
	until, group, _ := strings.Cut(string(text), " ")
	seconds, err := strconv.ParseInt(until, 10, 64)
	if err != nil || now.Unix() >= seconds {
		return ""
	}
	for _, t := range f.TargetGroups {
		if aws.ToString(t.TargetGroupArn) == group {
			return group
		}
	}
	return ""
}

// hold is the cookie that holds a user to a group from now on; nil when stickiness is off.
func hold(f *types.ForwardActionConfig, group string, now time.Time) *http.Cookie {
	if !aws.ToBool(f.TargetGroupStickinessConfig.Enabled) {
		return nil
	}
	until := now.Add(time.Duration(aws.ToInt32(f.TargetGroupStickinessConfig.DurationSeconds)) * time.Second)
	return &http.Cookie{
		Name: groupCookie, Path: "/", Expires: until,
		Value: base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf("%d %s", until.Unix(), group))),
	}
}
