package hours

import (
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	says := func(value, fr, en string) {
		t.Helper()
		h := mustParse(t, value)
		if got := strings.ReplaceAll(h.Words(French), nbsp, "_"); got != fr {
			t.Errorf("%s\n in French   %s\n instead of  %s", value, got, fr)
		}
		if got := h.Words(English); got != en {
			t.Errorf("%s\n in English  %s\n instead of  %s", value, got, en)
		}
	}
	says("Mo-Fr 07:00-19:00; PH off", "du lundi au vendredi de 7_h à 19_h, sauf jours fériés", "Monday to Friday from 07:00 to 19:00, except public holidays")
	says("07:00-23:00", "tous les jours de 7_h à 23_h", "every day from 07:00 to 23:00")
	says("off", "fermé", "closed")
	says("24/7", "ouvert en permanence", "always open")
	says("Mo-Fr 07:30-12:00,13:30-18:00; We 07:30-12:00", "du lundi au vendredi de 7_h_30 à 12_h et de 13_h_30 à 18_h_; mais le mercredi de 7_h_30 à 12_h", "Monday to Friday from 07:30 to 12:00 and from 13:30 to 18:00; but Wednesday from 07:30 to 12:00")
	says("Mo-Fr 08:00-18:00; Sa 09:00-12:00; PH,SH off", "du lundi au vendredi de 8_h à 18_h_; le samedi de 9_h à 12_h, sauf jours fériés et vacances scolaires", "Monday to Friday from 08:00 to 18:00; Saturday from 09:00 to 12:00, except public holidays and school holidays")
	says("Fr 22:00-02:00", "le vendredi de 22_h à 2_h le lendemain", "Friday from 22:00 to 02:00 the next day")
	says("Dec 24-Jan 02 off", "fermé du 24_décembre au 2_janvier", "closed from 24 December to 2 January")
	says("Apr-Oct Su[-1]", "le dernier dimanche du mois d’avril à octobre toute la journée", "the last Sunday of the month from April to October all day")
	says("2024 Mar 29 12:00-14:00 off", "fermé le 29_mars 2024 de 12_h à 14_h", "closed on 29 March 2024 from 12:00 to 14:00")
	says("PH -1 day 08:00-12:00", "la veille des jours fériés de 8_h à 12_h", "the day before public holidays from 08:00 to 12:00")
	says(`Mo-Fr 08:00-12:00 || unknown "sur rendez-vous"`, "du lundi au vendredi de 8_h à 12_h_; à défaut, à confirmer («_sur rendez-vous_»)", "Monday to Friday from 08:00 to 12:00; otherwise to be confirmed (“sur rendez-vous”)")
	says("week 01-09 Mo,We 08:00-12:00", "le lundi et le mercredi les semaines_1 à 9 de 8_h à 12_h", "Monday and Wednesday in weeks 1 to 9 from 08:00 to 12:00")
	says("easter +1 day 08:00-12:00", "le lendemain du dimanche de Pâques de 8_h à 12_h", "on the day after Easter Sunday from 08:00 to 12:00")
	says("Su[1,-2,-3] 08:00-09:00", "le premier dimanche du mois, l’avant-dernier dimanche du mois et le troisième dimanche avant la fin du mois de 8_h à 9_h", "the first Sunday of the month, the last but one Sunday of the month and the third Sunday from the end of the month from 08:00 to 09:00")
	says("Sa[-1] +3 days off", "fermé 3_jours après le dernier samedi du mois", "closed 3 days after the last Saturday of the month")
	says("2024 Apr 01-2024 Apr 15 00:00-24:00 off", "fermé du 1er_avril 2024 au 15_avril 2024 toute la journée", "closed from 1 April 2024 to 15 April 2024 all day")
	says("Aug Su[1]-Oct Su[-1] SH Mo-Fr 08:00-12:00", "pendant les vacances scolaires du lundi au vendredi du premier dimanche d’août au dernier dimanche d’octobre de 8_h à 12_h", "on school holidays Monday to Friday from the first Sunday of August to the last Sunday of October from 08:00 to 12:00")
	says("2024-2025 PH off", "fermé les jours fériés de 2024 à 2025", "closed on public holidays from 2024 to 2025")
}

func TestNamesOfStates(t *testing.T) {
	for state, want := range map[State]string{Open: "open", Closed: "closed", Unknown: "unknown"} {
		if state.String() != want {
			t.Errorf("%d is %q, want %q", state, state, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	warns := func(value string, parts ...string) {
		t.Helper()
		got := mustParse(t, value).Warnings()
		if len(got) != len(parts) {
			t.Fatalf("%s: warnings %v, want %d", value, got, len(parts))
		}
		for i := range parts {
			if !strings.Contains(got[i].Text, parts[i]) {
				t.Errorf("%s: warns %q, want %q", value, got[i].Text, parts[i])
			}
		}
	}
	warns("Mo-Fr 07:00-19:00; PH off")
	warns("07:00-23:00")
	warns("Mo-Fr 22:00-02:00, Sa 21:00-02:00")
	warns("Mo 22:00-02:00; We 10:00-12:00")
	warns("PH off; Mo-Fr 07:00-19:00", "opens on holidays again")
	warns("SH off; Mo-Fr 07:00-19:00; PH off", "opens on holidays again")
	warns("Fr 22:00-02:00; PH off", "cut at midnight")
	warns("Fr 22:00-04:00; Sa 21:00-04:00", "cut at midnight")
	warns("Mo 08:00-10:00; 12:00-14:00", "has no effect")
	warns(`Mo 08:00-10:00 "ask"`, "means unknown")
	warns("Mo 08:00-10:00 || unknown", "fallback")
	warns("2015 Feb 29", "does not exist")
	warns("Jan 10-easter", "ends on the day before")
	warns("Mo 12:00-14:00 16:00-18:00", "join them with a comma")
	warns("Sa 08:00-19:30 open, 19:30-21:00", "names no days")
	warns("2012 Jan 10-15,Jan 20", "comes every year")
}
