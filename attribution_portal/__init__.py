"""What campaigns and audience packages sold, for live-events partners."""
