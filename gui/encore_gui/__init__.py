"""The tray, the review window and everything else with Qt."""
