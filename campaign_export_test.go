package ecluse

import "context"

// StepCampaign takes a campaign one step further, and no more.
func StepCampaign(ctx context.Context, a *App, id int64) error {
	_, err := a.askSome(ctx, id)
	return err
}
