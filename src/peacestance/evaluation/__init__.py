"""How good labels are: metrics and their intervals."""
