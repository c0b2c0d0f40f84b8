package ecluse

import (
	"fmt"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// stolenMail begins the names of letters about a list of stolen accounts.
const stolenMail = "stolen/"

// tellOwner queues a letter to the owner of an account that was frozen. It goes to
// an address that a thief may read as well, and tells nothing of use to one.
func (a *App) tellOwner(tx *store.Tx, now time.Time, list int64, person account.PersonID) error {
	if a.mail == nil {
		return nil
	}
	people, err := tx.AddresseesOf([]account.PersonID{person})
	to := addressed(people)
	if err != nil || len(to.to) == 0 {
		return err
	}
	m := store.Mailing{Name: fmt.Sprintf("%s%d/person/%d", stolenMail, list, person), Kind: store.MailAccount}
	m.French = frenchText(store.MailText{
		Subject: "Votre compte de messagerie est protégé",
		Body: "Bonjour,\n\nVotre mot de passe de la messagerie de l’établissement se trouve dans une liste de mots de passe volés, que nous avons reçue. Vous n’avez rien fait de mal : " +
			"ces listes viennent le plus souvent d’un logiciel malveillant installé sur un ordinateur à l’insu de ses utilisateurs.\n\n" +
			"Pour que personne ne se serve de votre compte, nous l’avons bloqué et fermé sur tous les appareils. Vos messages sont gardés.\n\n" +
			"Ce que vous pouvez faire :\n" +
			"1. Adressez-vous à votre établissement : il vous rendra votre compte, avec un nouveau mot de passe que vous choisirez.\n" +
			"2. Si vous avez utilisé ce mot de passe ailleurs, changez-le là aussi, depuis un autre appareil.\n" +
			"3. Faites vérifier l’ordinateur ou le téléphone sur lequel vous vous connectiez.\n\n" +
			"Nous ne vous demanderons jamais votre mot de passe par courriel. Aide : cybermalveillance.gouv.fr, ou le 17 en cas de menaces.",
	})
	m.English = store.MailText{
		Subject: "Your messaging account is protected",
		Body: "Hello,\n\nYour password for the school’s messaging stands in a list of stolen passwords that we have received. You have done nothing wrong: " +
			"such lists mostly come from malicious software on a computer whose users know nothing of it.\n\n" +
			"So that nobody uses your account, we have frozen it and signed it out on every device. Your messages are kept.\n\n" +
			"What you can do:\n" +
			"1. Speak to your school: it will give your account back to you, with a new password of your choice.\n" +
			"2. If you have used this password elsewhere, change it there too, from another device.\n" +
			"3. Have the computer or telephone checked on which you used to sign in.\n\n" +
			"We will never ask for your password by e-mail. Help: cybermalveillance.gouv.fr, or 17 in case of threats.",
	}
	return newBracket(tx, now).add(m, to)
}

// tellHeads queues one letter to the heads of each school of whose people accounts
// were frozen. It names nobody.
func (a *App) tellHeads(tx *store.Tx, now time.Time, list int64, accounts []store.StolenAccount) error {
	if a.mail == nil {
		return nil
	}
	frozen := map[school.UAI]int{}
	var schools []school.UAI
	for _, s := range accounts {
		if s.School == "" || s.Outcome != store.StolenWorks {
			continue
		}
		if frozen[s.School] == 0 {
			schools = append(schools, s.School)
		}
		frozen[s.School]++
	}
	b := newBracket(tx, now)
	return each(schools, func(uai school.UAI) error { return a.tellHead(b, list, uai, frozen[uai]) })
}

func (a *App) tellHead(b *bracket, list int64, uai school.UAI, n int) error {
	sc, err := a.gate.Load().School(uai)
	if err != nil {
		return nil // it was removed meanwhile
	}
	heads, err := b.tx.Addressees(uai, school.RolesOf(school.Head))
	if err != nil {
		return err
	}
	m := store.Mailing{Name: fmt.Sprintf("%s%d/%s", stolenMail, list, uai), Kind: store.MailAccount, Place: sc.Territory()}
	m.French = frenchText(store.MailText{
		Subject: fmt.Sprintf("%s bloqués pour protéger leurs titulaires", counted(n, "compte")),
		Body: fmt.Sprintf("Bonjour,\n\nUne liste de mots de passe volés a été reçue. Dans votre établissement, %s (%s), elle contient le mot de passe de %s.\n\n"+
			"Ces comptes sont bloqués et fermés partout. Leurs titulaires sont des victimes, et auront besoin de vous pour les reprendre.\n\n"+
			"Connectez-vous, puis ouvrez « Comptes », puis « Volés », pour savoir lesquels et comment les rendre : %s/",
			plainLine(sc.Name), uai, counted(n, "compte"), a.mail.Address),
	})
	m.English = store.MailText{
		Subject: fmt.Sprintf("%s frozen to protect their owners", counted(n, "account")),
		Body: fmt.Sprintf("Hello,\n\nA list of stolen passwords was received. In your school, %s (%s), it holds the password of %s.\n\n"+
			"These accounts are frozen and signed out everywhere. Their owners are victims, and will need you to take them back.\n\n"+
			"Sign in, then open “Accounts” and “Stolen” to see which they are and how to give them back: %s/",
			plainLine(sc.Name), uai, counted(n, "account"), a.mail.Address),
	}
	return b.add(m, addressed(heads))
}
