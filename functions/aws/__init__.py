"""AWS as the functions see it: clients, requests as pure functions, and the few habits all of them share."""
