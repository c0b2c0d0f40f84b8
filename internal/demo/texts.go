package demo

// A text is what one thread says. In curly brackets stand the child's first
// name (with « de » before it, or d'), the class, and who writes.
type text struct {
	in      string // the kind of school it suits
	times   int    // how many threads are made of it
	cast    cast
	subject string
	body    string
	answers []string // in turn, from the first recipient and back
}

// The functions that texts look for, as parts of words in both genders.
const (
	ofEcole   = "des écoles"
	ofEcoleHd = "direct" // directrice, directeur
	cpe       = "conseill"
	office    = "secrétaire"
	manager   = "gestionnaire"
	nursing   = "scolaire"
	assistant = "assistant"
	library   = "documentaliste"
	maths     = "mathématiques"
	french    = "français"
	history   = "histoire"
	english   = "anglais"
	sport     = "EPS"
)

var texts = []text{
	{ecole, 3, toGuardians, "Sortie à la ferme jeudi prochain",
		"Bonjour,\n\nJeudi, la classe de {classe} part à la ferme pédagogique. Départ à 9 h 00, retour vers 16 h 15. Merci de prévoir un pique-nique sans emballage, des bottes et un vêtement de pluie.\n\nIl nous manque encore deux adultes pour accompagner : qui serait disponible ?\n\n{moi}",
		[]string{"Bonjour,\n\nJe peux venir toute la journée.\n\n{moi}", "Merci beaucoup, c'est noté ! Rendez-vous à 8 h 45 devant le portail."}},
	{college, 2, headToGuardians, "Conseil de classe de la {classe}",
		"Madame, Monsieur,\n\nLe conseil de classe de la {classe} se tiendra mardi à 17 h 15. Les bulletins seront remis en mains propres la semaine suivante, sur rendez-vous.\n\nVos questions peuvent être transmises aux parents délégués jusqu'à lundi soir.\n\n{moi}",
		nil},
	{ecole, 3, guardianTo(ofEcole), "Absence {d'enfant} demain",
		"Bonjour,\n\n{enfant} a rendez-vous chez l'orthodontiste demain matin et arrivera vers 10 h 30. Faut-il un mot dans le cahier en plus ?\n\nBonne soirée,\n{moi}",
		[]string{"Bonjour,\n\nMerci pour ce message, il suffit. Nous commencerons par la lecture : il n'y aura rien à rattraper.\n\n{moi}"}},
	{second, 3, pupilTo(maths), "Exercice 12",
		"Bonjour,\n\nJe ne comprends pas la deuxième question de l'exercice 12 : faut-il développer avant de factoriser ?\n\nMerci d'avance,\n{moi}",
		[]string{"Bonjour {enfant},\n\nNon : cherchez d'abord le facteur commun, il est visible dans les deux termes. Essayez, et nous corrigerons ensemble demain.\n\n{moi}", "J'ai trouvé, merci !"}},
	{second, 2, toGuardian(cpe), "Retards {d'enfant}",
		"Bonjour,\n\n{enfant} a eu trois retards depuis lundi, à cause du car semble-t-il. Pouvez-vous me dire si l'horaire a changé ? Nous pourrons en tenir compte.\n\n{moi}",
		[]string{"Bonjour,\n\nOui, le car passe dix minutes plus tard depuis les travaux. J'ai signalé la chose au transporteur.\n\n{moi}", "Merci, les retards ne seront donc pas comptés."}},
	{second, 2, headToStaff, "Exercice d'évacuation vendredi",
		"Bonjour à toutes et à tous,\n\nUn exercice d'évacuation aura lieu vendredi dans la matinée. Merci de relire la consigne affichée dans chaque salle et de prendre la liste d'appel avec vous.\n\n{moi}",
		[]string{"Bien noté. La porte du gymnase ferme mal, peut-on la faire vérifier avant ?", "Oui, l'agent passe demain matin. Merci de l'avoir signalé."}},
	{ecole, 2, headToGuardians, "Menus de la cantine",
		"Bonjour,\n\nLes menus du mois sont affichés à l'entrée de l'école. Un repas sans viande est proposé chaque jour ; pensez à signaler les allergies à la mairie, qui gère la cantine.\n\n{moi}",
		nil},
	{second, 2, toGuardian(office), "Attestation d'assurance",
		"Bonjour,\n\nIl manque au dossier {d'enfant} l'attestation d'assurance scolaire. Une copie par l'intermédiaire de votre enfant suffit.\n\nLe secrétariat",
		[]string{"Bonjour,\n\n{enfant} vous l'apportera demain matin. Avec nos excuses pour l'oubli.\n\n{moi}"}},
	{second, 1, guardianTo(nursing), "Traitement {d'enfant}",
		"Bonjour,\n\n{enfant} doit prendre un antihistaminique à midi pendant dix jours. Comment devons-nous faire pour l'ordonnance ?\n\n{moi}",
		[]string{"Bonjour,\n\nDéposez l'ordonnance et la boîte à l'infirmerie, à son nom : je m'occupe du reste.\n\n{moi}"}},
	{second, 2, toPupils, "Matériel pour lundi",
		"Bonjour,\n\nPour lundi, apportez une règle, un compas et deux feuilles de papier calque. Ceux qui n'en ont pas en trouveront au CDI.\n\n{moi}",
		nil},
	{second, 2, pupilTo(library), "Livre à prolonger",
		"Bonjour,\n\nPuis-je garder encore une semaine le roman que j'ai emprunté ? Il me reste trois chapitres.\n\n{moi}",
		[]string{"Bonjour {enfant},\n\nAvec plaisir, c'est prolongé jusqu'à vendredi en huit. Vous nous direz si la fin vous a plu.\n\n{moi}"}},
	{second, 2, betweenStaff(cpe), "Point sur {enfant}",
		"Bonjour,\n\nAs-tu un moment cette semaine pour parler {d'enfant} ? Rien de grave : je voudrais préparer la rencontre avec la famille.\n\n{moi}",
		[]string{"Bonjour,\n\nOui, jeudi pendant la pause de midi si cela te convient.\n\n{moi}", "Parfait, en salle des professeurs. À jeudi."}},
	{ecole, 2, toGuardian(ofEcole), "Gilet oublié",
		"Bonjour,\n\nUn gilet rayé au nom {d'enfant} est resté dans la cour hier. Il attend sur le porte-manteau de la classe.\n\n{moi}",
		[]string{"Merci ! Nous le cherchions partout."}},
	{college, 2, toGuardians, "Réunion parents-professeurs",
		"Madame, Monsieur,\n\nLa réunion parents-professeurs de la {classe} aura lieu jeudi à partir de 16 h 45. Indiquez-moi vos disponibilités : chaque entretien dure dix minutes.\n\n{moi}",
		[]string{"Bonjour,\n\n17 h 30 nous conviendrait bien, si ce créneau est libre.\n\n{moi}", "C'est entendu pour 17 h 30."}},
	{lycee, 1, toPupils, "Oral blanc",
		"Bonjour à tous,\n\nLes convocations pour l'oral blanc sont affichées devant la salle B12. Vérifiez votre horaire et prévenez-moi avant mercredi en cas d'empêchement.\n\n{moi}",
		nil},
	{lycee, 1, pupilTo(english), "Assistant de conversation",
		"Bonjour,\n\nEst-il encore possible de s'inscrire aux séances de conversation du mardi ?\n\n{moi}",
		[]string{"Hello {enfant},\n\nYes, there is one place left: see you on Tuesday at noon!\n\n{moi}"}},
	{second, 1, guardianTo(manager), "Facture de demi-pension",
		"Bonjour,\n\nLa facture du trimestre compte deux semaines pendant lesquelles {enfant} était en stage. Peut-elle être revue ?\n\n{moi}",
		[]string{"Bonjour,\n\nVous avez raison, la remise d'ordre n'était pas passée. Une facture corrigée vous parviendra cette semaine.\n\n{moi}"}},
	{ecole, 2, headToStaff, "Conseil des maîtres",
		"Bonjour,\n\nProchain conseil des maîtres mardi à 16 h 30. À l'ordre du jour : la fête de l'école, les commandes et le livret d'évaluation. D'autres points ?\n\n{moi}",
		[]string{"Bonjour,\n\nPourrait-on ajouter la bibliothèque ? Les étagères sont pleines.\n\n{moi}"}},
	{second, 1, toGuardian(assistant), "Casier {d'enfant}",
		"Bonjour,\n\nLa clé du casier {d'enfant} a été retrouvée dans la cour et se trouve à la vie scolaire.\n\n{moi}",
		nil},
	{college, 1, guardianTo(sport), "Dispense de sport",
		"Bonjour,\n\n{enfant} a une cheville foulée et ne pourra pas courir pendant deux semaines. Le certificat du médecin est dans son carnet.\n\n{moi}",
		[]string{"Bonjour,\n\nMerci. {enfant} viendra tout de même en cours et tiendra le chronomètre. Bon rétablissement !\n\n{moi}"}},
	{college, 1, pupilTo(history), "Exposé sur les canaux",
		"Bonjour,\n\nPour l'exposé, avons-nous le droit de parler des écluses de Léonard de Vinci ?\n\n{moi}",
		[]string{"Bonjour {enfant},\n\nExcellente idée : expliquez avec un schéma comment le sas se remplit. Cinq minutes, pas plus.\n\n{moi}", "D'accord, merci !"}},
	{second, 1, toPupils, "Correction du contrôle",
		"Bonjour,\n\nLe corrigé du contrôle de la {classe} est dans vos cahiers de textes. Reprenez les questions manquées avant jeudi.\n\n{moi}",
		nil},
	{second, 1, pupilTo(french), "Concours de nouvelles",
		"Bonjour,\n\nMa nouvelle fait quatre pages au lieu de trois. Dois-je la raccourcir pour le concours ?\n\n{moi}",
		[]string{"Bonjour {enfant},\n\nLe règlement est strict, mais coupez d'abord les adverbes : vous y serez presque.\n\n{moi}"}},
	{ecole, 1, guardianTo(ofEcoleHd), "Inscription à l'étude",
		"Bonjour,\n\nReste-t-il de la place à l'étude du lundi et du jeudi pour {enfant} ?\n\n{moi}",
		[]string{"Bonjour,\n\nOui, le jeudi seulement pour l'instant. Je garde votre demande pour le lundi.\n\n{moi}"}},
	{ecole, 1, toGuardians, "Photo de classe",
		"Bonjour,\n\nLe photographe viendra lundi matin. La photo de groupe est offerte par la coopérative ; les portraits ne sont pas obligatoires.\n\n{moi}",
		nil},
}
