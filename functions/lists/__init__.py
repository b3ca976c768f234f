"""POST /lists puts a customer, a card, an e-mail address … on the deny or the allow list, or takes it off."""
