package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
)

var noDevice = missing("Cet appareil n’est pas connu, ou ce lien a déjà servi.", "This device is not known, or this link was used already.")

// PutDevice keeps a device, as it is now.
func (tx *Tx) PutDevice(d account.Device) error {
	return tx.put(`INSERT INTO device (person, browser, first, seen, known, name, address, country, ticket)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (person, browser) DO UPDATE SET seen = excluded.seen, known = excluded.known, name = excluded.name,
			address = excluded.address, country = excluded.country, ticket = excluded.ticket`,
		d.Person, d.Browser[:], d.First, d.Seen, d.Known, d.Name, d.Address, d.Country, d.Ticket)
}

const selectDevice = "SELECT person, browser, first, seen, known, name, address, country, ticket FROM device "

func scanDevice(row *sql.Rows, d *account.Device) error {
	return row.Scan(&d.Person, digest{&d.Browser}, instant{&d.First}, instant{&d.Seen}, instant{&d.Known}, &d.Name, &d.Address, &d.Country, &d.Ticket)
}

// Devices is where a person signed in, the latest first.
func (tx *Tx) Devices(person account.PersonID) ([]account.Device, error) {
	return all(tx, scanDevice, selectDevice+"WHERE person = $1 ORDER BY seen DESC, browser", person)
}

// Device is one of them; NotFound where the person never signed in with it.
func (tx *Tx) Device(person account.PersonID, browser [32]byte) (account.Device, error) {
	return one(tx, noDevice, scanDevice, selectDevice+"WHERE person = $1 AND browser = $2", person, browser[:])
}

// DeviceByTicket is the device that a letter's link is about.
func (tx *Tx) DeviceByTicket(ticket string) (account.Device, error) {
	return one(tx, noDevice, scanDevice, selectDevice+"WHERE ticket = $1 AND ticket <> ''", ticket)
}

// AskedDevices is the devices of which a person is still asked whether they are theirs.
func (tx *Tx) AskedDevices(person account.PersonID, now time.Time) ([]account.Device, error) {
	return all(tx, scanDevice, selectDevice+"WHERE person = $1 AND known > $2 ORDER BY first, browser", person, now)
}

// PurgeDevices forgets those not seen since an instant. A person's latest stays: a
// thief must not be the first on an account that slept.
func (tx *Tx) PurgeDevices(before time.Time) error {
	err := tx.put(`DELETE FROM device WHERE seen < $1
		AND EXISTS (SELECT 1 FROM device d WHERE d.person = device.person AND d.seen > device.seen)`, before)
	if err != nil {
		return err
	}
	return tx.put(`DELETE FROM push_subscription WHERE NOT EXISTS (SELECT 1 FROM device d
		WHERE d.person = push_subscription.person AND d.browser = push_subscription.browser)`)
}
