"""Conversations: who talks with whom, who is in control, what was asked, and the one way out."""
