"""What time does: reservations that expire or have ended, orders adopted, personal data masked."""
