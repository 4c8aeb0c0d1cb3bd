package main

import (
	"net/http"
	"strings"
	"testing"

	"slipway/internal/store/storetest"
)

const asked = `
alice> /deploy coditect-app v1.2.4
alice sees within 20s: coditect-app-1 brings coditect-app/production to v1.2.4
channel shows within 30s: coditect-app v1.2.4 wants 50 % of production
`

const finished = `
bob> click Promote to 50 %
channel shows within 30s: coditect-app v1.2.4 wants 100 % of production
bob> click Promote to 100 %
channel shows within 30s: ✓ 100 % of traffic on v1.2.4
calls show 1 times within 40s: /mask\[template,traffic/
calls show 1 times within 40s: coditect-app-production-r1-1=10,
calls show 1 times within 40s: coditect-app-production-r1-1=50,
calls show 1 times within 40s: coditect-app-production-r1-1=100,
`

func TestRunCarriesAReleaseAndHandsOverWhenItIsStopped(t *testing.T) {
	t.Parallel()
	s, redis := newPractice(t), storetest.StartRedis(t)
	first := s.run(redis)
	first.awaitReady(t, http.StatusOK)
	s.play(asked)
	first.stop()

	second := s.run(redis)
	second.awaitReady(t, http.StatusOK)
	s.play(finished)
	second.stop()
	for _, secret := range []string{"xoxb-", "xapp-", "ticket="} {
		if strings.Contains(first.output()+second.output(), secret) {
			t.Errorf("the log shows %s…", secret)
		}
	}
}

func TestAnotherReplicaGoesOnAfterACrash(t *testing.T) {
	t.Parallel()
	s, redis := newPractice(t, "--settle", "3s"), storetest.StartRedis(t)
	first := s.run(redis)
	first.awaitReady(t, http.StatusOK)
	s.play(`
alice> /deploy coditect-app v1.2.4
calls show 1 times within 40s: coditect-app-production-r1-1=10,
`)
	first.kill() // it holds the lease, and an operation is under way

	second := s.run(redis)
	second.awaitReady(t, http.StatusOK)
	// A lease takes 15 s to lapse, the platform 3 s to settle.
	s.play("channel shows within 40s: coditect-app v1.2.4 wants 50 % of production")
	s.play(`calls show 1 times: coditect-app-production-r1-1=10,`)
}

func TestTwoReplicasDoEverythingOnce(t *testing.T) {
	t.Parallel()
	s, redis := newPractice(t, "--speed", "120"), storetest.StartRedis(t)
	first, second := s.run(redis), s.run(redis)
	first.awaitReady(t, http.StatusOK)
	second.awaitReady(t, http.StatusOK)
	s.play(asked + finished + "thread shows within 30s: tags rc-1 and rb-1 taken off")
	thread, err := s.client.Thread(t.Context(), "devops-oncall")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range []string{"asked for v1.2.4", "✓ Image", "approved 50 %", "approved 100 %", "tags rc-1 and rb-1 taken off"} {
		if n := strings.Count(thread, entry); n != 1 {
			t.Errorf("the thread says %q %d times:\n%s", entry, n, thread)
		}
	}
}

func TestRedisGoneAtTheStart(t *testing.T) {
	t.Parallel()
	s, redis := newPractice(t), storetest.StartRedis(t)
	redis.Kill()
	bot := s.run(redis)
	bot.awaitLine("listening to Slack")
	if said := bot.awaitReady(t, http.StatusServiceUnavailable); !strings.Contains(said, "Redis") {
		t.Errorf("/readyz says %q", said)
	}
	s.play(`
alice> /deploy coditect-app v1.2.4
alice sees within 5s: Redis does not answer
`)
	redis.Start(t)
	bot.awaitReady(t, http.StatusOK)
	s.attested(redis)
	s.play(asked + finished) // it is the first release: nothing of the other was stored
}

func TestRedisGoneInTheMiddle(t *testing.T) {
	t.Parallel()
	s, redis := newPractice(t, "--settle", "1s"), storetest.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	bot := s.run(redis)
	bot.awaitReady(t, http.StatusOK)
	s.play(`
alice> /deploy coditect-app v1.2.4
calls show 1 times within 40s: coditect-app-production-r1-1=10,
`)
	redis.Kill()
	bot.awaitReady(t, http.StatusServiceUnavailable)
	redis.Start(t)
	s.play("channel shows within 30s: coditect-app v1.2.4 wants 50 % of production")
	s.play(finished)
}

func TestSlackGoneAtTheStart(t *testing.T) {
	t.Parallel()
	s, redis := newPractice(t), storetest.StartRedis(t)
	s.fault("slack down")
	bot := s.run(redis)
	bot.awaitLine("Slack does not say who we are")
	if said := bot.awaitReady(t, http.StatusServiceUnavailable); !strings.Contains(said, "Slack") {
		t.Errorf("/readyz says %q", said)
	}
	s.fault("slack up")
	bot.awaitReady(t, http.StatusOK)
	s.play(asked)
}

func TestSlackGoneDuringARollBack(t *testing.T) {
	t.Parallel()
	s, redis := newPractice(t, "--settle", "1s"), storetest.StartRedis(t)
	bot := s.run(redis)
	bot.awaitReady(t, http.StatusOK)
	s.play(asked + `
bob> /rollback coditect-app --reason "errors in the search"
fault slack down
calls show 1 times within 40s: /mask\[traffic.*\[coditect-app-production-00001=100, coditect-app-production-r1-1=0 tag rc-1\]/
calls show 1 times within 40s: /mask\[traffic.*\[coditect-app-production-00001=100\]/
channel hides: Rolled back
fault slack up
channel shows within 30s: Rolled back coditect-app/production: v1.2.4 → v1.2.3
channel shows within 30s: Why: errors in the search
thread shows within 30s: /health 200 v1.2.3
`)
}
