"""Training of what Encore learned itself: the only place with torch; a running Encore never imports it."""
