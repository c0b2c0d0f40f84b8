package haproxy

import "github.com/ecluse-ecole/ecluse/internal/enforce"

// OnDisk is what the files of the notices hold when HAProxy starts.
func OnDisk() map[string]string {
	nobody := noticeOf("nobody", enforce.Undecided(
		"Cette personne n’est pas connue ici, ou pas dans cet établissement : dans le doute, l’accès reste fermé. Parlez-en à votre établissement.",
		"This person is not known here, or not in this school: in doubt, access stays closed. Speak to your school."))
	undecided := noticeOf("undecided", enforce.Undecided("", ""))
	return map[string]string{
		"page.map": "nobody " + nobody.page + "\nundecided " + undecided.page + "\n",
		"json.map": "nobody " + nobody.json + "\nundecided " + undecided.json + "\n",
	}
}
