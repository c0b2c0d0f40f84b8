package bench

import (
	"testing"

	"github.com/cedar-policy/cedar-go"
)

// cedarPolicies are the three orders as forbids over one permit: territories are
// parents of schools, roles are principals.
const cedarPolicies = `
permit (principal, action, resource);

forbid (principal, action in [Action::"reply", Action::"write"], resource in Territory::"FR")
unless { context.weekday <= 5 && context.minute >= 420 && context.minute < 1200 };

forbid (principal == Role::"pupil", action, resource in Territory::"FR/13/079")
when { context.day >= 19811 };

forbid (principal in Group::"adults", action, resource in Territory::"FR/13/079")
when { context.day >= 19811 && resource.degree == "first" }
unless { context.minute >= 420 && context.minute < 1380 };

forbid (principal in Group::"adults", action, resource in Territory::"FR/13/079")
when { context.day >= 19811 && resource.degree == "second" }
unless { context.weekday <= 5 && !context.holiday && context.minute >= 420 && context.minute < 1140 };`

func cedarEngine(tb testing.TB, questions []question) func(int) bool {
	policies, err := cedar.NewPolicySetFromBytes("orders.cedar", []byte(cedarPolicies))
	if err != nil {
		tb.Fatal(err)
	}
	if letterDay != 19811 {
		tb.Fatalf("the policies begin on day 19811, the letters on %d", letterDay)
	}
	entities := cedarEntities()
	requests := make([]cedar.Request, len(questions))
	for i := range questions {
		requests[i] = cedarRequest(&questions[i])
	}
	return func(i int) bool {
		decision, _ := cedar.Authorize(policies, entities, requests[i])
		return decision == cedar.Allow
	}
}

func cedarEntities() cedar.EntityMap {
	entities := cedar.EntityMap{}
	add := func(e cedar.Entity) { entities[e.UID] = e }
	for _, s := range places() {
		for t := s.Parent; t != ""; t = t.Parent() {
			parents := cedar.NewEntityUIDSet()
			if above := t.Parent(); above != "" {
				parents = cedar.NewEntityUIDSet(cedar.NewEntityUID("Territory", cedar.String(above)))
			}
			add(cedar.Entity{UID: cedar.NewEntityUID("Territory", cedar.String(t)), Parents: parents})
		}
		add(cedar.Entity{
			UID:        cedar.NewEntityUID("School", cedar.String(s.UAI)),
			Parents:    cedar.NewEntityUIDSet(cedar.NewEntityUID("Territory", cedar.String(s.Parent))),
			Attributes: cedar.NewRecord(cedar.RecordMap{"degree": cedar.String(s.Degree.String())}),
		})
	}
	for _, role := range []cedar.String{"guardian", "teacher", "staff", "head"} {
		add(cedar.Entity{UID: cedar.NewEntityUID("Role", role), Parents: cedar.NewEntityUIDSet(cedar.NewEntityUID("Group", "adults"))})
	}
	return entities
}

func cedarRequest(q *question) cedar.Request {
	return cedar.Request{
		Principal: cedar.NewEntityUID("Role", cedar.String(q.request.Role.String())),
		Action:    cedar.NewEntityUID("Action", cedar.String([]string{"", "read", "reply", "write"}[q.need()])),
		Resource:  cedar.NewEntityUID("School", cedar.String(q.place.UAI)),
		Context: cedar.NewRecord(cedar.RecordMap{
			"weekday": cedar.Long(q.weekday), "minute": cedar.Long(q.minute), "day": cedar.Long(q.day), "holiday": cedar.Boolean(q.holiday),
		}),
	}
}
