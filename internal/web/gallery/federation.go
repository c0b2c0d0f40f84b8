package gallery

import (
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// elsewhere are the pages around sign-in services.
func (g gallery) elsewhere() []Sample {
	portal := page.ServiceLink{Label: g.Say("Portail des agents", "Agents’ portal"), URL: "/sign-in/service/portail"}
	offered := page.SignIn{Frame: g.bare("Se connecter", "Sign in", page.SignInURL), Services: []page.ServiceLink{{Label: "ÉduConnect", URL: "/sign-in/service/educonnect"}, portal}}
	beside := offered
	beside.Kept = []page.Choice{{Label: "kept-body", Value: "Bonjour"}}
	beside.Problem = g.Say("Votre connexion a pris fin. Votre texte est gardé\u00a0: connectez-vous pour le retrouver.", "Your sign-in has ended. Your text is kept: sign in to find it again.")
	trouble := page.ServiceTrouble{Frame: g.bare("Connexion", "Sign in", page.SignInURL), Again: portal}
	unknown, shut, failed := trouble, trouble, trouble
	unknown.Unknown, shut.Shut = true, true
	failed.Sentence = g.Say("Le service de connexion ne répond pas comme il devrait. Réessayez dans quelques minutes.", "The sign-in service does not answer as it should. Try again in a few minutes.")
	renewal := page.ServiceRenewal{
		Frame: g.bare("Reprendre votre compte", "Take your account back", page.ProofURL), Name: "Malik Sorel",
		Where: page.ServiceLink{Label: portal.Label, URL: "https://portail.academie.example/mot-de-passe"}, Back: portal,
	}
	nowhere := renewal
	nowhere.Where.URL = ""
	proof := page.Proof{Frame: g.bare("C’est bien vous ?", "Is it you?", page.ProofURL), Name: "Malik Sorel", Stage: account.StageWhole, Service: portal}
	goodbye := page.Goodbye{Frame: g.bare("Au revoir", "Goodbye", page.GoodbyeURL), Service: page.ServiceLink{Label: portal.Label, URL: "/sign-out/service/portail"}}
	return []Sample{
		{"sign-in-services", offered}, {"sign-in-services-text", beside}, {"service-unknown", unknown}, {"service-shut", shut}, {"service-failed", failed},
		{"service-renewal", renewal}, {"service-renewal-nowhere", nowhere}, {"proof-service", proof}, {"goodbye-service", goodbye},
	}
}
