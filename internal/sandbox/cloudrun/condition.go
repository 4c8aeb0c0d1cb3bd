package cloudrun

import (
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func settled(kind string) *runpb.Condition {
	return &runpb.Condition{Type: kind, State: runpb.Condition_CONDITION_SUCCEEDED}
}

func underway(kind, message string) *runpb.Condition {
	return &runpb.Condition{
		Type: kind, State: runpb.Condition_CONDITION_RECONCILING, Message: message,
		Reasons: &runpb.Condition_Reason{Reason: runpb.Condition_WAITING_FOR_OPERATION},
	}
}

func broken(kind, message string, reason runpb.Condition_CommonReason) *runpb.Condition {
	return &runpb.Condition{
		Type: kind, State: runpb.Condition_CONDITION_FAILED, Message: message,
		Severity: runpb.Condition_ERROR,
		Reasons:  &runpb.Condition_Reason{Reason: reason},
	}
}

func unhealthy(kind, message string) *runpb.Condition {
	return &runpb.Condition{
		Type: kind, State: runpb.Condition_CONDITION_FAILED, Message: message,
		Severity: runpb.Condition_ERROR,
		Reasons:  &runpb.Condition_RevisionReason_{RevisionReason: runpb.Condition_HEALTH_CHECK_CONTAINER_ERROR},
	}
}

// dated gives a condition its time of transition: that of the condition it replaces if the state is
// the same, otherwise now.
func dated(c, before *runpb.Condition, now *timestamppb.Timestamp) *runpb.Condition {
	c.LastTransitionTime = now
	if before != nil && before.State == c.State {
		c.LastTransitionTime = before.LastTransitionTime
	}
	return c
}

// datedList is dated for conditions that are matched by type.
func datedList(list, before []*runpb.Condition, now *timestamppb.Timestamp) []*runpb.Condition {
	for _, c := range list {
		var old *runpb.Condition
		for _, b := range before {
			if b.Type == c.Type {
				old = b
			}
		}
		dated(c, old, now)
	}
	return list
}
