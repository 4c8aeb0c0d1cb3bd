package slack

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The methods whose rates matter here.
const (
	methodPost     = "chat.postMessage"
	methodUpdate   = "chat.update"
	methodHistory  = "conversations.history"
	methodReplies  = "conversations.replies"
	methodChannels = "conversations.list"
	methodChannel  = "conversations.info"
	methodUser     = "users.info"
	methodGroups   = "usergroups.list"
	methodMembers  = "usergroups.users.list"
	methodAuth     = "auth.test"
	methodOpen     = "apps.connections.open"
	methodRespond  = "response_url"
	methodForm     = "views.open"
	methodWhisper  = "chat.postEphemeral"

	methodUploadURL = "files.getUploadURLExternal"
	methodUpload    = "upload_url" // the address that the method before gave
	methodComplete  = "files.completeUploadExternal"
)

// pace is how fast we call a method: below what Slack promises to take, since all replicas share its patience.
type pace struct {
	perSecond float64
	burst     int
}

// The tiers of https://docs.slack.dev/apis/web-api/rate-limits, a little under each: tier 3 is 50 a minute, tier
// 2 is 20, tier 4 is 100. Posts are one a second to each channel, with short bursts.
var paces = map[string]pace{
	methodPost:     {1, 4},
	methodUpdate:   {0.8, 5},
	methodHistory:  {0.8, 5},
	methodReplies:  {0.8, 5},
	methodChannels: {0.3, 5},
	methodChannel:  {0.8, 5},
	methodUser:     {1.6, 30},
	methodGroups:   {0.3, 8},
	methodMembers:  {0.3, 8},

	methodForm:    {1.6, 10},
	methodWhisper: {1.6, 10},

	methodUploadURL: {1.6, 10},
	methodComplete:  {1.6, 10},
}

// limiter is the one place that knows how often Slack may be called. It never waits itself: it says how long.
type limiter struct {
	now   func() time.Time
	hurry float64 // times the paces

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
	until   map[string]time.Time // by method: Slack said not before
}

func newLimiter(now func() time.Time, hurry float64) *limiter {
	return &limiter{now: now, hurry: hurry, buckets: map[string]*rate.Limiter{}, until: map[string]time.Time{}}
}

// take asks for one call of method now; room tells channels apart where Slack does. Zero means go; otherwise
// nothing was taken and the answer is when to ask again. At least floor calls are left for more urgent ones.
func (l *limiter) take(method, room string, floor int) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if until := l.until[method]; now.Before(until) {
		return until.Sub(now)
	}
	p, limited := paces[method]
	if !limited {
		return 0
	}
	p.perSecond, p.burst = p.perSecond*l.hurry, int(float64(p.burst)*l.hurry)
	key := method + " " + room
	b := l.buckets[key]
	if b == nil {
		b = rate.NewLimiter(rate.Limit(p.perSecond), p.burst)
		l.buckets[key] = b
	}
	if short := float64(1+floor) - b.TokensAt(now); short > 0 {
		return time.Duration(short/p.perSecond*float64(time.Second)) + time.Millisecond
	}
	b.AllowN(now, 1)
	return 0
}

// pause keeps everybody from calling method for d, because Slack said so.
func (l *limiter) pause(method string, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := l.now().Add(d); until.After(l.until[method]) {
		l.until[method] = until
	}
}
